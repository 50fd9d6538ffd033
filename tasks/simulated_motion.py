"""The sources that simulate, as the configuration describes them."""

from pam_models.pose.meshes.convex import ConvexDecomposer, default_cache
from pam_models.pose.meshes.folder import MeshObjects
from pam_models.pose.meshes.placing import MeshPlacing
from pam_models.pose.physics.objects import OBJECT_WORDS
from pam_models.pose.physics.search import SearchBudget
from pam_models.pose.physics.supply import ObjectSupply, ProceduralObjects
from pam_models.pose.sources.dgrasp import DgraspSource
from pam_models.pose.sources.physics import PhysicsSource
from tasks.config.objects import MeshObjectsConfig, ObjectsConfig
from tasks.config.stages import DgraspPose, PhysicsPose


def physics_source(pose: PhysicsPose) -> PhysicsSource:
    """The simulation of free grasps. Raises ValueError for unknown procedural objects."""
    budget = SearchBudget(proposals=pose.grasp_candidates)
    return PhysicsSource(objects=objects_of(pose.objects), budget=budget, gate=pose.gate.gate())


def dgrasp_source(pose: DgraspPose) -> DgraspSource:
    """The simulation of D-Grasp's labels."""
    return DgraspSource(
        labels=pose.path / f"dexycb_{pose.split}_labels.pkl",
        meshes=MeshObjects(
            path=pose.meshes,
            placing=MeshPlacing(pose.units, "z", as_filed=True),
            decomposer=ConvexDecomposer(default_cache()),
            license_tag="ycb:CC-BY-4.0",
        ),
        budget=SearchBudget(proposals=pose.grasp_candidates),
        gate=pose.gate.gate(),
    )


def objects_of(objects: ObjectsConfig) -> ObjectSupply:
    """What is grasped. Raises ValueError for unknown procedural objects."""
    if isinstance(objects, MeshObjectsConfig):
        return meshes_of(objects)
    return ProceduralObjects(objects.names or OBJECT_WORDS)


def meshes_of(objects: MeshObjectsConfig) -> MeshObjects:
    """The user's meshes; their convex parts are kept in the user's cache folder."""
    return MeshObjects(
        path=objects.path,
        placing=MeshPlacing(objects.units, objects.up, objects.scale_to_m),
        decomposer=ConvexDecomposer(default_cache(), objects.decompose_s),
        chosen=objects.names,
        density_kg_m3=objects.density_kg_m3,
        license_tag=f"user-mesh:{objects.licence}",
    )
