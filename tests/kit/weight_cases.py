"""Cases of the initializer, regularizer and constraint contracts."""

from contract import Case, case

_SCALED = ("GlorotUniform", "GlorotNormal", "HeUniform", "HeNormal", "LecunUniform", "LecunNormal")
RANDOM = [
    *(case(name) for name in _SCALED),
    case("HeNormal", input_axes=[0, 1], output_axes=[-1]),
    case("GlorotUniform", seed=4),
    case("RandomNormal"),
    case("RandomNormal", 1.0, 0.5, 3),
    case("RandomUniform"),
    case("RandomUniform", -1.0, 2.0, seed=3),
    case("TruncatedNormal"),
    case("TruncatedNormal", mean=1.0, stddev=0.5),
    case("Orthogonal"),
    case("Orthogonal", 2.0, seed=5),
    case("VarianceScaling"),
    *(
        case("VarianceScaling", 2.0, mode, distribution)
        for mode in ("fan_in", "fan_out", "fan_avg")
        for distribution in ("truncated_normal", "untruncated_normal", "uniform")
    ),
    case("VarianceScaling", 3.0, "fan_in", "NORMAL"),
]
FIXED = [
    case("Zeros"),
    case("Ones"),
    case("Constant"),
    case("Constant", 2.5),
    case("Constant", [1.0, 2.0, 3.0, 4.0]),
    case("Identity"),
    case("Identity", 2.0),
]
INITIALIZERS = [*RANDOM, *FIXED]
REFUSED_INITIALIZERS = [
    *(case(name, seed="a") for name in _SCALED),
    case("RandomNormal", seed=1.5),
    case("VarianceScaling", 0.0),
    case("VarianceScaling", -1.0),
    case("VarianceScaling", mode="fan"),
    case("VarianceScaling", distribution="flat"),
    case("HeNormal", stddev=1.0),
]

REGULARIZERS = [
    case("L1"),
    case("L1", 0.1),
    case("L1", None),
    case("L1", 1),
    case("L2"),
    case("L2", 0.003),
    case("L2", l2=None),
    case("L1L2"),
    case("L1L2", 0.1),
    case("L1L2", l2=0.2),
    case("L1L2", 0.01, 0.02),
    case("l1", 0.3),
    case("l2", 0.3),
    case("l1_l2", 0.3, 0.4),
]
REFUSED_REGULARIZERS = [
    Case(name, (value,))
    for name in ("L1", "L2", "L1L2")
    for value in (-0.1, float("nan"), float("inf"), "0.1", [0.1])
]

_AXES = (0, [0, 1], -1)
CONSTRAINTS = [
    case("NonNeg"),
    case("MaxNorm"),
    *(case("MaxNorm", 0.7, axis=axis) for axis in _AXES),
    case("UnitNorm"),
    *(case("UnitNorm", axis) for axis in _AXES),
    case("MinMaxNorm"),
    *(case("MinMaxNorm", 0.5, 1.5, 0.25, axis) for axis in _AXES),
    case("MinMaxNorm", min_value=2.0, max_value=3.0, rate=0.0),
    case("max_norm", 3),
    case("min_max_norm", 0.1),
    case("non_neg"),
    case("unit_norm"),
]
