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
#include <limits>
#include <optional>
#include <stdexcept>

#include "program.hpp"

namespace nb = nanobind;
using namespace scallion;

namespace {

using Array = nb::ndarray<nb::ro, nb::device::cpu>;
using Indices = nb::ndarray<const std::int64_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Factors = nb::ndarray<const float, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
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

// What one output is compared with: rows of this many floats, or labels below `classes`.
struct Expected {
  std::int64_t size;
  std::int64_t classes;  // 0 where targets are floats
};

constexpr std::int64_t kIgnored = std::numeric_limits<std::int64_t>::min();

// The program as Python holds it, with the arrays that it works on. Whatever it is given, it reads
// and writes nothing outside: the shapes' errors are the caller's own, told there with more words.
class Runner {
 public:
  using Row = std::tuple<std::string, std::map<std::string, std::int64_t>,
                         std::map<std::string, std::variant<std::int64_t, double>>>;

  Runner(int batch, const std::vector<std::tuple<int, std::int64_t, std::int64_t>>& buffers,
         std::tuple<std::int64_t, std::int64_t, std::int64_t, std::int64_t> sizes, int losses,
         std::vector<std::int64_t> inputs,
         const std::vector<std::tuple<std::int64_t, std::int64_t>>& outputs, int threads)
      : inputs_(std::move(inputs)),
        program_(
            [&] {
              Program::Plan plan{batch,
                                 {},
                                 std::get<0>(sizes),
                                 std::get<1>(sizes),
                                 std::get<2>(sizes),
                                 std::get<3>(sizes),
                                 losses};
              for (const auto& [scope, size, offset] : buffers) {
                plan.buffers.push_back({static_cast<Scope>(scope), size, offset});
              }
              return plan;
            }(),
            threads) {
    for (const auto& [size, classes] : outputs) outputs_.push_back({size, classes});
  }

  void add_segment(bool by_image, int width, const std::vector<Row>& rows) {
    std::vector<Attributes> attributes;
    for (const auto& [kind, buffers, values] : rows) attributes.push_back({kind, buffers, values});
    program_.add_segment(by_image ? Axis::kImages : Axis::kParts, width, attributes);
  }

  void settle(int segments, std::vector<int> arrays) {
    program_.settle(segments, std::move(arrays));
  }

  void bind(std::vector<FloatArray> arrays) {
    std::vector<float*> pointers;
    for (const auto& array : arrays) pointers.push_back(array.data());
    for (const Buffer& buffer : program_.plan().buffers) {
      if (buffer.scope != Scope::kExternal) continue;
      const auto number = static_cast<std::size_t>(buffer.offset);
      if (number >= arrays.size() ||
          static_cast<std::int64_t>(arrays[number].size()) < buffer.size) {
        throw std::invalid_argument("an array is too small");
      }
    }
    arrays_ = std::move(arrays);
    program_.bind(std::move(pointers));
  }

  std::vector<double> run(const std::vector<Array>& inputs, const Indices& indices,
                          const std::vector<Array>& targets,
                          const std::vector<std::optional<Factors>>& factors,
                          const std::vector<FloatArray>& outputs, std::uint64_t seed,
                          std::uint32_t number, std::vector<float> scalars, int threads) {
    const Step step =
        make_step(inputs, indices, targets, factors, outputs, seed, number, std::move(scalars));
    {
      const nb::gil_scoped_release release;
      program_.run(step, threads);
    }
    return program_.losses();
  }

  std::tuple<int, int> strange() const {
    const Program::Place place = program_.strange();
    return {place.input, place.image};
  }

  std::vector<std::vector<double>> seconds(const std::vector<Array>& inputs, const Indices& indices,
                                           const std::vector<Array>& targets,
                                           const std::vector<std::optional<Factors>>& factors,
                                           const std::vector<FloatArray>& outputs,
                                           std::uint64_t seed, std::uint32_t number,
                                           std::vector<float> scalars) {
    return program_.seconds(
        make_step(inputs, indices, targets, factors, outputs, seed, number, std::move(scalars)));
  }

 private:
  Step make_step(const std::vector<Array>& inputs, const Indices& indices,
                 const std::vector<Array>& targets,
                 const std::vector<std::optional<Factors>>& factors,
                 const std::vector<FloatArray>& outputs, std::uint64_t seed, std::uint32_t number,
                 std::vector<float> scalars) const {
    Step step;
    require(indices.shape(0) <= static_cast<std::size_t>(program_.plan().batch),
            "more images than the program's batch");
    step.indices = indices.data();
    step.images = static_cast<int>(indices.shape(0));
    const auto images = static_cast<std::int64_t>(step.images);
    require(inputs.size() == inputs_.size() && outputs.size() == outputs_.size(),
            "arrays are missing");
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      check_images(inputs[i], inputs_[i], indices);
      step.inputs.push_back(images_of(inputs[i]));
    }
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      require(static_cast<std::int64_t>(outputs[i].size()) == images * outputs_[i].size,
              "an output's size");
      step.outputs.push_back(outputs[i].data());
    }
    const auto losses = static_cast<std::size_t>(program_.plan().losses);
    require(targets.size() == losses && factors.size() == losses, "targets are missing");
    for (std::size_t i = 0; i < losses; ++i) {
      check_target(targets[i], outputs_[i], images);
      step.targets.push_back(targets[i].data());
      require(!factors[i] || static_cast<std::int64_t>(factors[i]->shape(0)) == images,
              "factors are missing");
      step.factors.push_back(factors[i] ? factors[i]->data() : nullptr);
    }
    step.seed = seed;
    step.number = number;
    step.scalars = std::move(scalars);
    return step;
  }

  static void require(bool holds, const char* what) {
    if (!holds) throw std::invalid_argument(what);
  }

  // Floats of one image or row, which must lie in one piece.
  static std::int64_t row_size(const Array& array) {
    require(array.ndim() >= 1, "an array without rows");
    std::int64_t size = 1;
    for (std::size_t axis = array.ndim(); axis-- > 1;) {
      require(array.shape(axis) == 1 || array.stride(axis) == size, "an image in pieces");
      size *= static_cast<std::int64_t>(array.shape(axis));
    }
    return size;
  }

  static void check_images(const Array& array, std::int64_t size, const Indices& indices) {
    require(row_size(array) == size, "an image's size");
    const auto images = static_cast<std::int64_t>(array.shape(0));
    for (std::size_t i = 0; i < indices.shape(0); ++i) {
      const std::int64_t index = indices.data()[i];
      if (index < 0 || index >= images) {
        throw std::out_of_range("there are images 0 to " + std::to_string(images - 1) +
                                ". Received: index " + std::to_string(index));
      }
    }
  }

  static void check_target(const Array& array, const Expected& expected, std::int64_t images) {
    const bool sparse = expected.classes > 0;
    require(array.dtype() == (sparse ? nb::dtype<std::int64_t>() : nb::dtype<float>()),
            "a target's type");
    const std::int64_t size = sparse ? expected.size / expected.classes : expected.size;
    require(row_size(array) == size &&
                (images == 0 || array.shape(0) == 1 || array.stride(0) == size) &&
                static_cast<std::int64_t>(array.shape(0)) == images,
            "a target's size");
    if (!sparse) return;
    const auto* labels = static_cast<const std::int64_t*>(array.data());
    for (std::int64_t i = 0; i < images * size; ++i) {
      if ((labels[i] < 0 || labels[i] >= expected.classes) && labels[i] != kIgnored) {
        throw std::domain_error("labels go from 0 to " + std::to_string(expected.classes - 1) +
                                " where the network has " + std::to_string(expected.classes) +
                                " outputs. Received: " + std::to_string(labels[i]));
      }
    }
  }

  std::vector<std::int64_t> inputs_;
  std::vector<Expected> outputs_;
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
      while (passed() < seconds)
        done[static_cast<std::size_t>(thread)] += kernels().peak(100000, &sink);
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
                    std::tuple<std::int64_t, std::int64_t, std::int64_t, std::int64_t>, int,
                    std::vector<std::int64_t>,
                    const std::vector<std::tuple<std::int64_t, std::int64_t>>&, int>(),
           nb::arg("batch"), nb::arg("buffers"), nb::arg("sizes"), nb::arg("losses"),
           nb::arg("inputs"), nb::arg("outputs"), nb::arg("threads"))
      .def("add_segment", &Runner::add_segment, nb::arg("by_image"), nb::arg("width"),
           nb::arg("rows"))
      .def("settle", &Runner::settle, nb::arg("segments"), nb::arg("arrays"))
      .def("bind", &Runner::bind, nb::arg("arrays"))
      .def("run", &Runner::run, nb::arg("inputs"), nb::arg("indices"), nb::arg("targets"),
           nb::arg("factors"), nb::arg("outputs"), nb::arg("seed"), nb::arg("number"),
           nb::arg("scalars"), nb::arg("threads"))
      .def("strange", &Runner::strange)
      .def("seconds", &Runner::seconds, nb::arg("inputs"), nb::arg("indices"), nb::arg("targets"),
           nb::arg("factors"), nb::arg("outputs"), nb::arg("seed"), nb::arg("number"),
           nb::arg("scalars"));
  m.def("measure_peak", &measure_peak, nb::arg("threads"), nb::arg("seconds"));
  m.def("instruction_set", [] { return std::string(kernels().name); });
  m.def("width", [] { return kernels().width; });
}
