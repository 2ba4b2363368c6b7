// The one file that knows Python.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/variant.h>
#include <nanobind/stl/vector.h>

#include <chrono>
#include <optional>

#include "program.hpp"

namespace nb = nanobind;
using namespace scallion;

namespace {

using Array = nb::ndarray<nb::device::cpu>;
using Factors = nb::ndarray<const float, nb::ndim<1>, nb::c_contig>;
using FloatArray = nb::ndarray<float, nb::device::cpu, nb::c_contig>;

Images images_of(const Array& array) {
  const auto type = array.dtype();
  char kind = 'f';
  if (type.code == static_cast<std::uint8_t>(nb::dlpack::dtype_code::Int)) kind = 'i';
  if (type.code == static_cast<std::uint8_t>(nb::dlpack::dtype_code::UInt)) kind = 'u';
  if (type.code == static_cast<std::uint8_t>(nb::dlpack::dtype_code::Bool)) kind = 'b';
  const int item = type.bits / 8;
  if (kind == 'f' && item < 4) throw std::invalid_argument("half-precision images are cast first");
  return {static_cast<const std::byte*>(array.data()), array.stride(0) * item, kind, item};
}

// The program as Python holds it, with the arrays that it works on.
class Runner {
 public:
  using Row = std::tuple<std::string, std::map<std::string, std::int64_t>,
                         std::map<std::string, std::variant<std::int64_t, double>>>;

  Runner(int batch, const std::vector<std::tuple<int, std::int64_t, std::int64_t>>& buffers,
         std::tuple<std::int64_t, std::int64_t, std::int64_t, std::int64_t> sizes, int losses,
         int threads)
      : program_(
            [&] {
              Program::Plan plan{batch, {}, std::get<0>(sizes), std::get<1>(sizes),
                                 std::get<2>(sizes), std::get<3>(sizes), losses};
              for (const auto& [scope, size, offset] : buffers) {
                plan.buffers.push_back({static_cast<Scope>(scope), size, offset});
              }
              return plan;
            }(),
            threads) {}

  void add_segment(bool by_image, int width, const std::vector<Row>& rows) {
    std::vector<Attributes> attributes;
    for (const auto& [kind, buffers, values] : rows) attributes.push_back({kind, buffers, values});
    program_.add_segment(by_image ? Axis::kImages : Axis::kParts, width, attributes);
  }

  void bind(std::vector<FloatArray> arrays) {
    std::vector<float*> pointers;
    for (const auto& array : arrays) pointers.push_back(array.data());
    arrays_ = std::move(arrays);
    program_.bind(std::move(pointers));
  }

  std::vector<double> run(const std::vector<Array>& inputs,
                          const nb::ndarray<const std::int64_t, nb::ndim<1>, nb::c_contig>& indices,
                          const std::vector<Array>& targets,
                          const std::vector<std::optional<Factors>>& factors,
                          const std::vector<FloatArray>& outputs, std::uint64_t seed,
                          std::uint32_t number, std::vector<float> scalars, int threads) {
    const Step step = make_step(inputs, indices, targets, factors, outputs, seed, number, std::move(scalars));
    {
      const nb::gil_scoped_release release;
      program_.run(step, threads);
    }
    return program_.losses();
  }

  std::vector<std::vector<double>> seconds(
      const std::vector<Array>& inputs,
      const nb::ndarray<const std::int64_t, nb::ndim<1>, nb::c_contig>& indices,
      const std::vector<Array>& targets,
      const std::vector<std::optional<Factors>>& factors,
      const std::vector<FloatArray>& outputs, std::uint64_t seed, std::uint32_t number,
      std::vector<float> scalars) {
    return program_.seconds(make_step(inputs, indices, targets, factors, outputs, seed, number, std::move(scalars)));
  }

 private:
  Step make_step(const std::vector<Array>& inputs,
                 const nb::ndarray<const std::int64_t, nb::ndim<1>, nb::c_contig>& indices,
                 const std::vector<Array>& targets,
                 const std::vector<std::optional<Factors>>& factors,
                 const std::vector<FloatArray>& outputs, std::uint64_t seed, std::uint32_t number,
                 std::vector<float> scalars) const {
    Step step;
    for (const auto& input : inputs) step.inputs.push_back(images_of(input));
    step.indices = indices.data();
    step.images = static_cast<int>(indices.shape(0));
    if (step.images > program_.plan().batch) throw std::invalid_argument("more images than the program's batch");
    for (const auto& target : targets) step.targets.push_back(target.data());
    for (const auto& factor : factors) step.factors.push_back(factor ? factor->data() : nullptr);
    for (const auto& output : outputs) step.outputs.push_back(output.data());
    step.seed = seed;
    step.number = number;
    step.scalars = std::move(scalars);
    return step;
  }

  Program program_;
  std::vector<FloatArray> arrays_;
};

// Multiply-adds a second that all `threads` reach together, doing nothing else: GFLOP/s.
double measure_peak(int threads, double seconds) {
  using Clock = std::chrono::steady_clock;
  std::vector<double> done(static_cast<std::size_t>(threads));
  const auto start = Clock::now();
  const auto passed = [&] { return std::chrono::duration<double>(Clock::now() - start).count(); };
  {
    const nb::gil_scoped_release release;
    run_on_threads(threads, [&](int thread) {
      float sink;
      while (passed() < seconds) done[static_cast<std::size_t>(thread)] += kernels().peak(100000, &sink);
    });
  }
  double total = 0;
  for (const double some : done) total += some;
  return 2e-9 * total / passed();
}

}  // namespace

NB_MODULE(_native, m) {
  m.doc() = "The compiled core of Scallion's engine. Use scallion.engine.native.";
  nb::class_<Runner>(m, "Runner")
      .def(nb::init<int, const std::vector<std::tuple<int, std::int64_t, std::int64_t>>&,
                    std::tuple<std::int64_t, std::int64_t, std::int64_t, std::int64_t>, int, int>(),
           nb::arg("batch"), nb::arg("buffers"), nb::arg("sizes"), nb::arg("losses"),
           nb::arg("threads"))
      .def("add_segment", &Runner::add_segment, nb::arg("by_image"), nb::arg("width"),
           nb::arg("rows"))
      .def("bind", &Runner::bind, nb::arg("arrays"))
      .def("run", &Runner::run, nb::arg("inputs"), nb::arg("indices"), nb::arg("targets"),
           nb::arg("factors"), nb::arg("outputs"), nb::arg("seed"), nb::arg("number"),
           nb::arg("scalars"), nb::arg("threads"))
      .def("seconds", &Runner::seconds, nb::arg("inputs"), nb::arg("indices"), nb::arg("targets"),
           nb::arg("factors"), nb::arg("outputs"), nb::arg("seed"), nb::arg("number"),
           nb::arg("scalars"));
  m.def("measure_peak", &measure_peak, nb::arg("threads"), nb::arg("seconds"));
  m.def("instruction_set", [] { return std::string(kernels().name); });
  m.def("width", [] { return kernels().width; });
}
