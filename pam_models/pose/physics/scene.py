"""The MuJoCo scene: a hand on a mocap-driven wrist, a table at z = 0, and one free object."""

from dataclasses import dataclass

import mujoco
import numpy as np
from jaxtyping import Float64

from pam_models.hand.model import PARENTS
from pam_models.pose.physics.hand_body import HandBody
from pam_models.pose.physics.rigid_object import RigidObject
from pam_models.pose.physics.shapes import ConvexPart, capsule_between

FINGER_TORQUE_NM = 0.3
_HAND, _OBJECT, _TABLE = 1, 2, 4
_CONTACT = '<default><geom friction="1.0 0.02 0.0002" solref="0.006 1" solimp="0.95 0.99 0.0005"/></default>'
_TABLE_XML = (
    '<geom name="table" type="plane" size="1 1 0.1" condim="4" friction="0.7 0.01 0.0005" '
    f'contype="{_TABLE}" conaffinity="{_HAND | _OBJECT}"/>'
)


@dataclass(frozen=True)
class Scene:
    """A compiled model and where things are in its state.

    `qpos` is wrist position (3), wrist quaternion wxyz (4), hinges (20), object position (3), object quaternion (4).
    """

    model: mujoco.MjModel
    body: HandBody
    thing: RigidObject

    @property
    def hinge_slice(self) -> slice:
        """Hinges within qpos."""
        return slice(7, 7 + len(self.body.hinges))

    @property
    def object_slice(self) -> slice:
        """Object position and quaternion within qpos."""
        start = 7 + len(self.body.hinges)
        return slice(start, start + 7)

    def qpos(
        self, wrist_m: Float64[np.ndarray, "3"], wrist_quat: Float64[np.ndarray, "4"], hinges: Float64[np.ndarray, "20"]
    ) -> Float64[np.ndarray, "34"]:
        """State with the object at rest at the origin of the table."""
        return np.concatenate([wrist_m, wrist_quat, hinges, [0.0, 0.0, self.thing.rest_height_m], self.thing.rest_quat])


def build_scene(body: HandBody, thing: RigidObject, timestep_s: float) -> Scene:
    """Compile the scene of one hand and one object."""
    model = mujoco.MjModel.from_xml_string(_mjcf(body, thing, timestep_s))
    return Scene(model, body, thing)


def object_alone(thing: RigidObject, timestep_s: float) -> mujoco.MjModel:
    """Compile the object on the table without a hand; qpos is its position and quaternion, which is at rest_quat."""
    return mujoco.MjModel.from_xml_string(f"""<mujoco>
  <option timestep="{timestep_s!r}" integrator="implicitfast" cone="elliptic" impratio="10"/>
  {_CONTACT}
  <asset>{_part_meshes(thing)}</asset>
  <worldbody>{_TABLE_XML}<body name="object" quat="{_text(thing.rest_quat)}"><joint type="free" damping="0.0002"/>
    {_object_inertia(thing)}{_object_geoms(thing)}</body></worldbody>
</mujoco>""")


def _mjcf(body: HandBody, thing: RigidObject, timestep_s: float) -> str:
    actuators = "".join(
        f'<position joint="{hinge.name}" kp="{1.2 * hinge.stiffness:.4f}" ctrlrange="{hinge.low:.4f} {hinge.high:.4f}" '
        f'forcerange="{-FINGER_TORQUE_NM * hinge.stiffness:.4f} {FINGER_TORQUE_NM * hinge.stiffness:.4f}"/>'
        for hinge in body.hinges
    )
    return f"""<mujoco>
  <compiler angle="radian" autolimits="true"/>
  <option timestep="{timestep_s!r}" integrator="implicitfast" cone="elliptic" impratio="10"
          iterations="100" ls_iterations="50"/>
  <size memory="16M"/>
  {_CONTACT}
  <asset>{_part_meshes(thing)}</asset>
  <worldbody>
    {_TABLE_XML}
    <body name="target" mocap="true"/>
    {_hand_xml(body, 0)}
    <body name="object"><freejoint/>{_object_inertia(thing)}{_object_geoms(thing)}</body>
  </worldbody>
  <equality><weld body1="target" body2="joint0" solref="0.02 1" solimp="0.95 0.98 0.002"/></equality>
  <actuator>{actuators}</actuator>
</mujoco>"""


def _hand_xml(body: HandBody, joint: int) -> str:
    offset = np.zeros(3) if joint == 0 else body.joints_m[joint] - body.joints_m[PARENTS[joint]]
    moving = "<freejoint/>" if joint == 0 else ""
    moving += "".join(
        f'<joint name="{hinge.name}" type="hinge" axis="{_text(hinge.axis)}" range="{hinge.low:.4f} {hinge.high:.4f}" '
        f'damping="{0.03 * hinge.stiffness:.4f}" armature="0.0003"/>'
        for hinge in body.hinges
        if hinge.joint == joint
    )
    geoms = "".join(
        _geom_xml(
            capsule_between(capsule.start_m, capsule.end_m, capsule.radius_m),
            "density='1000' condim='4'",
            _HAND,
            _OBJECT | _TABLE,
        )
        for capsule in body.capsules
        if capsule.joint == joint
    )
    children = "".join(_hand_xml(body, child) for child, parent in enumerate(PARENTS) if parent == joint)
    return f'<body name="joint{joint}" pos="{_text(offset)}" gravcomp="1">{moving}{geoms}{children}</body>'


def _part_meshes(thing: RigidObject) -> str:
    return "".join(
        f'<mesh name="part{i}" vertex="{_text(np.asarray(part.points_m).ravel())}"/>'
        for i, part in enumerate(thing.parts)
        if part.kind == "mesh"
    )


def _object_geoms(thing: RigidObject) -> str:
    return "".join(_part_geom(i, part) for i, part in enumerate(thing.parts))


def _part_geom(index: int, part: ConvexPart) -> str:
    extra = f"condim='{6 if part.kind == 'sphere' else 4}' mass='0'"
    if part.kind == "mesh":
        return f'<geom type="mesh" mesh="part{index}" {extra} contype="{_OBJECT}" conaffinity="{_HAND | _TABLE}"/>'
    return _geom_xml(part, extra, _OBJECT, _HAND | _TABLE)


def _geom_xml(part: ConvexPart, extra: str, contype: int, conaffinity: int) -> str:
    return (
        f'<geom type="{part.kind}" size="{_text(part.size)}" pos="{_text(part.pos)}" quat="{_text(part.quat)}" {extra} '
        f'contype="{contype}" conaffinity="{conaffinity}"/>'
    )


def _object_inertia(thing: RigidObject) -> str:
    """Inertia of the bounding box's ellipsoid-like filling: close enough for everyday things, and never singular."""
    size = np.ptp(thing.mesh.vertices_m.astype(np.float64), axis=0)
    squares = size**2
    moments = thing.mass_kg / 12 * (squares.sum() - squares)
    return f'<inertial pos="{_text(thing.centre_m)}" mass="{thing.mass_kg:.6f}" diaginertia="{_text(moments)}"/>'


def _text(values: object) -> str:
    return " ".join(f"{value:.9g}" for value in np.asarray(values, dtype=float))
