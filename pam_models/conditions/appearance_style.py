"""How a rendered scene looks, drawn from a seed, and the prompt that says so in a closed vocabulary.

Every word belongs to one slot of the prompt only, so a bag of words says as much as the sentence. The words stand for
colour distributions with a modest jitter; the object's pattern, the wall and the light's direction have no words.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

RGB = tuple[float, float, float]

_SKINS: dict[str, tuple[int, int, int]] = {
    "pale": (243, 208, 190),
    "fair": (228, 182, 156),
    "tan": (200, 146, 112),
    "bronze": (166, 110, 76),
    "brown": (124, 79, 54),
    "dark": (84, 55, 42),
}
_OBJECT_COLOURS: dict[str, tuple[int, int, int]] = {
    "red": (186, 38, 36),
    "orange": (226, 118, 34),
    "yellow": (228, 190, 56),
    "green": (56, 138, 70),
    "teal": (38, 140, 146),
    "blue": (44, 82, 172),
    "purple": (110, 64, 150),
    "pink": (224, 128, 160),
    "white": (222, 220, 214),
    "black": (40, 40, 44),
}
# surface word: base colour, second colour of the texture, texture
_SURFACES: dict[str, tuple[tuple[int, int, int], tuple[int, int, int], str]] = {
    "wooden": ((170, 128, 90), (146, 106, 72), "grain"),
    "marble": ((218, 215, 210), (184, 182, 182), "veins"),
    "slate": ((88, 92, 98), (76, 80, 86), "cloudy"),
    "linen": ((206, 195, 174), (194, 181, 158), "weave"),
    "felt": ((58, 100, 80), (50, 88, 70), "cloudy"),
    "steel": ((160, 168, 176), (146, 154, 164), "brushed"),
}
# light word: direct light, ambient light (linear RGB), width of the shadow's blur in metres
_LIGHTS: dict[str, tuple[RGB, RGB, float]] = {
    "soft": ((0.66, 0.65, 0.63), (0.47, 0.48, 0.5), 0.02),
    "bright": ((0.98, 0.96, 0.92), (0.36, 0.38, 0.42), 0.009),
    "warm": ((0.86, 0.68, 0.44), (0.44, 0.38, 0.32), 0.014),
}
_PATTERNS = ("plain", "plain", "bands", "stripes", "two_tone")
OBJECT_WORDS = ("bottle", "mug", "box", "can", "cylinder", "ball", "bowl", "hammer", "tool", "object")
_FRAME_WORDS = ("a", "an", "hand", "grasps", "on", "table", "in", "light")

VOCABULARY: tuple[str, ...] = (*_FRAME_WORDS, *_SKINS, *_OBJECT_COLOURS, *OBJECT_WORDS, *_SURFACES, *_LIGHTS)


@dataclass(frozen=True)
class SceneStyle:
    """One look. Surfaces are sRGB in [0, 1], lights are linear RGB; `light_direction` (world) points to the light."""

    skin_rgb: RGB
    object_rgb: RGB
    object_second_rgb: RGB
    object_pattern: str
    pattern_frequency: int
    pattern_phase: float
    object_gloss: float
    table_rgb: RGB
    table_second_rgb: RGB
    table_pattern: str
    table_phases: tuple[float, float, float, float]
    wall_low_rgb: RGB
    wall_high_rgb: RGB
    light_direction: RGB
    key_light: RGB
    ambient_light: RGB
    shadow_blur_m: float
    words: Mapping[str, str]


def sample_style(seed: int) -> SceneStyle:
    """The look that a seed stands for; words are uniform within their slot."""
    rng = np.random.default_rng([seed, 0x57A1E])
    skin = str(rng.choice(list(_SKINS)))
    colour = str(rng.choice(list(_OBJECT_COLOURS)))
    surface = str(rng.choice(list(_SURFACES)))
    light = str(rng.choice(list(_LIGHTS)))
    table, table_second, table_pattern = _SURFACES[surface]
    key, ambient, blur = _LIGHTS[light]
    object_rgb = _jitter(rng, _OBJECT_COLOURS[colour], 0.08, 0.03)
    # The second colour is a lighter or darker kind of the first: the colour word stays true.
    lighter = sum(object_rgb) < 1.9
    second_rgb = _mix(object_rgb, (0.95, 0.94, 0.9) if lighter else (0.12, 0.12, 0.14), rng.uniform(0.3, 0.55))
    # The texture's second colour shifts with the first: a table has one hue.
    table_rgb = _jitter(rng, table, 0.08, 0.02)
    red, green, blue = (
        second / base * shade for second, base, shade in zip(table_second, table, table_rgb, strict=True)
    )
    table_second_rgb = (red, green, blue)
    wall = _jitter(rng, (172, 172, 170), 0.28, 0.07)
    wall_darkening = rng.uniform(0.05, 0.3)
    azimuth, elevation = rng.uniform(0, 2 * np.pi), np.radians(rng.uniform(48, 72))
    return SceneStyle(
        skin_rgb=_jitter(rng, _SKINS[skin], 0.05, 0.015),
        object_rgb=object_rgb,
        object_second_rgb=second_rgb,
        object_pattern=str(rng.choice(_PATTERNS)),
        pattern_frequency=int(rng.integers(1, 4)),
        pattern_phase=float(rng.uniform(0, 2 * np.pi)),
        object_gloss=float(rng.uniform(0.1, 0.9)),
        table_rgb=table_rgb,
        table_second_rgb=table_second_rgb,
        table_pattern=table_pattern,
        table_phases=_phases(rng),
        wall_low_rgb=_mix(wall, (0.0, 0.0, 0.0), wall_darkening),
        wall_high_rgb=wall,
        light_direction=(
            float(np.cos(azimuth) * np.cos(elevation)),
            float(np.sin(azimuth) * np.cos(elevation)),
            float(np.sin(elevation)),
        ),
        key_light=_scaled(key, rng.uniform(0.92, 1.08)),
        ambient_light=_scaled(ambient, rng.uniform(0.92, 1.08)),
        shadow_blur_m=float(blur * rng.uniform(0.85, 1.2)),
        words={"skin": skin, "object_color": colour, "surface": surface, "light": light},
    )


def prompt_of(style: SceneStyle, object_word: str) -> str:
    """One sentence of words in `VOCABULARY`; an object whose word is not in `OBJECT_WORDS` is called "object"."""
    words = style.words
    named = object_word if object_word in OBJECT_WORDS else "object"
    article = "an" if words["object_color"][0] in "aeiou" else "a"
    return (
        f"a {words['skin']} hand grasps {article} {words['object_color']} {named} "
        f"on a {words['surface']} table in {words['light']} light"
    )


def _jitter(rng: np.random.Generator, rgb: tuple[int, int, int], brightness: float, hue: float) -> RGB:
    """Scale all channels together by up to +-brightness, and shift each by up to +-hue."""
    scale = 1 + rng.uniform(-brightness, brightness)
    red, green, blue = np.clip(np.array(rgb) / 255 * scale + rng.uniform(-hue, hue, 3), 0.02, 0.97).tolist()
    return red, green, blue


def _phases(rng: np.random.Generator) -> tuple[float, float, float, float]:
    a, b, c, d = rng.uniform(0, 2 * np.pi, 4).tolist()
    return a, b, c, d


def _mix(first: RGB, second: RGB, share: float) -> RGB:
    red, green, blue = ((1 - share) * a + share * b for a, b in zip(first, second, strict=True))
    return red, green, blue


def _scaled(rgb: RGB, factor: float) -> RGB:
    return rgb[0] * factor, rgb[1] * factor, rgb[2] * factor
