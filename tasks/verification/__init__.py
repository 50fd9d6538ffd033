"""What a verification looks at, one subject in each module; `tasks.verify` leads through a build."""
