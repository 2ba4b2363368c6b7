"""Cases of the optimizer and schedule contracts."""

from contract import Case, case

NAMES = ("SGD", "Adam", "AdamW", "RMSprop", "Adagrad", "Adadelta", "Adamax", "Lion", "Nadam")
_OWN_ARGUMENTS = [
    case("SGD"),
    case("SGD", 0.1),
    case("SGD", 0.1, momentum=0.9),
    case("SGD", 0.1, 0.9, True),
    case("Adam"),
    case("Adam", 0.01, 0.8, 0.99, 1e-5),
    case("Adam", amsgrad=True),
    case("AdamW"),
    case("AdamW", 0.01, 0.1, amsgrad=True),
    case("AdamW", 0.01, weight_decay=0.0),
    case("RMSprop"),
    case("RMSprop", 0.01, 0.8, 0.5, 1e-4, True),
    case("RMSprop", centered=True),
    case("RMSprop", momentum=0.5),
    case("Adagrad"),
    case("Adagrad", 0.1, 0.5, 1e-3),
    case("Adadelta"),
    case("Adadelta", 1.0, 0.9, 1e-6),
    case("Adamax"),
    case("Adamax", 0.01, 0.8, 0.99, 1e-5),
    case("Nadam"),
    case("Nadam", 0.01, 0.8, 0.99, 1e-5),
    case("Lion"),
    case("Lion", 0.01, 0.8, 0.9),
]
_SHARED_ARGUMENTS = (
    {"clipnorm": 0.5},
    {"clipvalue": 0.3},
    {"global_clipnorm": 0.7},
    {"weight_decay": 0.01},
    {"use_ema": True},
    {"use_ema": True, "ema_momentum": 0.7, "ema_overwrite_frequency": 7},
    {"gradient_accumulation_steps": 3},
    {"gradient_accumulation_steps": 3, "clipnorm": 0.5, "weight_decay": 0.01},
    {"gradient_accumulation_steps": 3, "use_ema": True, "ema_overwrite_frequency": 4},
    {"learning_rate": case("ExponentialDecay", 0.1, 10, 0.5)},
    {"learning_rate": case("CosineDecay", 0.1, 10, 0.5, warmup_target=0.3, warmup_steps=20)},
    {"name": "mine"},
)
CASES = [
    *_OWN_ARGUMENTS,
    *(Case(name, (), options) for name in NAMES for options in _SHARED_ARGUMENTS),
]

# Arguments that Keras refuses.
REFUSED = [
    *(
        Case(name, (), options)
        for name in NAMES
        for options in (
            {"learning_rate": 1},
            {"learning_rate": "fast"},
            {"learning_rate": None},
            {"lr": 0.1},
            {"clipnorm": 1.0, "clipvalue": 0.5},
            {"clipvalue": 1.0, "global_clipnorm": 0.5},
            {"gradient_accumulation_steps": 1},
            {"use_ema": True, "ema_momentum": 1.5},
            {"use_ema": True, "ema_momentum": -0.1},
            {"use_ema": True, "ema_overwrite_frequency": 1.5},
            {"use_ema": True, "ema_overwrite_frequency": -1},
        )
    ),
    case("SGD", momentum=1.5),
    case("SGD", momentum=-0.1),
    case("SGD", momentum=1),
    case("AdamW", weight_decay=None),
    case("Lion", beta_1=0.0),
    case("Lion", beta_1=1.5),
]

SCHEDULES = [
    case("ExponentialDecay", 0.1, 10, 0.5),
    case("ExponentialDecay", 0.1, 7, 0.96, staircase=True),
    case("ExponentialDecay", 0.1, 10, 0.5, False, "falling"),
    case("InverseTimeDecay", 0.1, 10, 0.5),
    case("InverseTimeDecay", 0.1, 7, 0.5, staircase=True),
    case("PiecewiseConstantDecay", [10, 20], [0.1, 0.2, 0.3]),
    case("PiecewiseConstantDecay", [15], [0.1, 0.01], name="steps"),
    case("PiecewiseConstantDecay", [4.0, 30.0, 31.0], [1.0, 0.5, 0.25, 0.125]),
    case("PolynomialDecay", 0.1, 30),
    case("PolynomialDecay", 0.1, 30, 0.01, 2.0),
    case("PolynomialDecay", 0.1, 7, 0.01, 0.5, True),
    case("CosineDecay", 0.1, 30),
    case("CosineDecay", 0.1, 30, 0.25),
    case("CosineDecay", 0.0, 30, warmup_target=0.3, warmup_steps=20),
    case("CosineDecay", 0.1, 30, warmup_steps=20),
    case("CosineDecayRestarts", 0.1, 9),
    case("CosineDecayRestarts", 0.1, 9, m_mul=0.9, alpha=0.1),
    case("CosineDecayRestarts", 0.1, 10, 1.0, 0.5),
    case("CosineDecayRestarts", 0.1, 9, t_mul=1.5),
]
REFUSED_SCHEDULES = [
    case("ExponentialDecay", 0.1, 0, 0.5),
    case("InverseTimeDecay", 0.1, -1, 0.5),
    case("PolynomialDecay", 0.1, 0),
    case("CosineDecay", 0.1, 0),
    case("CosineDecayRestarts", 0.1, 0),
    case("PiecewiseConstantDecay", [1, 2], [0.1, 0.2]),
    case("PiecewiseConstantDecay", [1], [0.1, 0.2, 0.3]),
]
