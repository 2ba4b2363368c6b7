// The values that augmentation reads outside of the image.
#pragma once

namespace scallion {

// The same numbers as in lowering/augmentation.py.
enum class FillMode { kConstant, kNearest, kReflect, kWrap };

}  // namespace scallion
