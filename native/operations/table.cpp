#include <array>
#include <string_view>

#include "operations.hpp"

namespace scallion {

namespace {

struct Row {
  std::string_view kind;
  Made (*make)(const Attributes&, const Program&);
};

constexpr std::array kTable{
    Row{"input", make_input},
    Row{"output", make_output},
    Row{"pack", make_pack},
    Row{"convolution", make_convolution},
    Row{"convolution_dx", make_convolution_dx},
    Row{"convolution_dw", make_convolution_dw},
    Row{"max_pool", make_max_pool},
    Row{"max_pool_dx", make_max_pool_dx},
    Row{"relu", make_relu},
    Row{"relu_dx", make_relu_dx},
    Row{"add", make_add},
    Row{"dropout", make_dropout},
    Row{"cross_entropy", make_cross_entropy},
    Row{"moments", make_moments},
    Row{"merge_moments", make_merge_moments},
    Row{"fold", make_fold},
    Row{"normalize", make_normalize},
    Row{"slope_sums", make_slope_sums},
    Row{"merge_slope_sums", make_merge_slope_sums},
    Row{"normalize_dx", make_normalize_dx},
    Row{"merge", make_merge},
    Row{"sgd", make_sgd},
    Row{"adam", make_adam},
};

}  // namespace

Made make_operation(const Attributes& row, const Program& program) {
  for (const Row& known : kTable) {
    if (known.kind == row.kind) return known.make(row, program);
  }
  throw std::invalid_argument("unknown operation '" + row.kind + "'");
}

}  // namespace scallion
