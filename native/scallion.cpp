// The C API: checks what callers hand over, and keeps exceptions of the standard library inside.
#include "scallion.h"

#include <chrono>
#include <cstring>
#include <limits>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "dispatch.hpp"
#include "operations/fill_mode.hpp"
#include "program.hpp"
#include "program_format.hpp"
#include "status.hpp"

using namespace scallion;

// A program with the arrays that are bound to it and the step that it is running.
struct scallion_program {
  std::vector<std::byte> plan;                 // the header and plan of its serialised form
  std::vector<std::int64_t> array_sizes;       // floats, by the numbers of external arrays
  std::vector<std::vector<float>> own_arrays;  // those of the serialised form
  std::vector<float*> arrays;                  // as bound; empty before
  std::unique_ptr<Program> program;
  Step step;
  std::vector<std::int64_t> positions;  // 0, 1, 2, ...: the indices of `predict`
};

namespace {

thread_local std::string last_error;

scallion_status reported(const Status& status) {
  if (!status.ok()) last_error = status.message();
  return status.code();
}

// Run a function that returns a Status. What the standard library throws ends here: where it is
// built without exceptions, it ends the process.
template <class Body>
scallion_status guarded(Body&& body) {
#if defined(__cpp_exceptions)
  try {
    return reported(body());
  } catch (const std::bad_alloc&) {
    last_error = "the program's tables take more memory than is free";
    return SCALLION_OUT_OF_MEMORY;
  } catch (const std::exception& error) {
    last_error = error.what();
    return SCALLION_INTERNAL_ERROR;
  }
#else
  return reported(body());
#endif
}

Status invalid(const std::string& what) { return {SCALLION_INVALID_ARGUMENT, what}; }

#define SCALLION_REQUIRE(condition, what)   \
  do {                                      \
    if (!(condition)) return invalid(what); \
  } while (false)

struct Constant {
  const char* name;
  std::int64_t value;
};

constexpr Constant kConstants[] = {
    {"api_version", SCALLION_API_VERSION},
    {"format_version", kFormatVersion},
    {"lanes", kLanes},
    {"ignored_label", SCALLION_IGNORED_LABEL},
    {"scope.image", static_cast<std::int64_t>(Scope::kImage)},
    {"scope.batch", static_cast<std::int64_t>(Scope::kBatch)},
    {"scope.lane", static_cast<std::int64_t>(Scope::kLane)},
    {"scope.shared", static_cast<std::int64_t>(Scope::kShared)},
    {"scope.external", static_cast<std::int64_t>(Scope::kExternal)},
    {"scope.scratch", static_cast<std::int64_t>(Scope::kScratch)},
    {"strided_copy.axes", kMaxAxes},
    {"fill_mode.constant", static_cast<std::int64_t>(FillMode::kConstant)},
    {"fill_mode.nearest", static_cast<std::int64_t>(FillMode::kNearest)},
    {"fill_mode.reflect", static_cast<std::int64_t>(FillMode::kReflect)},
    {"fill_mode.wrap", static_cast<std::int64_t>(FillMode::kWrap)},
    {"type.float32", SCALLION_FLOAT32},
    {"type.float64", SCALLION_FLOAT64},
    {"type.bool", SCALLION_BOOL},
    {"type.uint8", SCALLION_UINT8},
    {"type.uint16", SCALLION_UINT16},
    {"type.uint32", SCALLION_UINT32},
    {"type.uint64", SCALLION_UINT64},
    {"type.int8", SCALLION_INT8},
    {"type.int16", SCALLION_INT16},
    {"type.int32", SCALLION_INT32},
    {"type.int64", SCALLION_INT64},
    {"status.invalid_argument", SCALLION_INVALID_ARGUMENT},
    {"status.invalid_program", SCALLION_INVALID_PROGRAM},
    {"status.out_of_memory", SCALLION_OUT_OF_MEMORY},
    {"status.index_out_of_range", SCALLION_INDEX_OUT_OF_RANGE},
    {"status.label_out_of_range", SCALLION_LABEL_OUT_OF_RANGE},
    {"status.unknown_instruction_set", SCALLION_UNKNOWN_INSTRUCTION_SET},
    {"status.no_thread", SCALLION_NO_THREAD},
    {"status.internal_error", SCALLION_INTERNAL_ERROR},
    {"sizeof.rows", sizeof(scallion_rows)},
    {"sizeof.floats", sizeof(scallion_floats)},
    {"sizeof.step", sizeof(scallion_step)},
};

// How an element type is read: see Images.
struct Element {
  char kind;
  int bytes;
};

constexpr Element kElements[] = {{'f', 4}, {'f', 8}, {'b', 1}, {'u', 1}, {'u', 2}, {'u', 4},
                                 {'u', 8}, {'i', 1}, {'i', 2}, {'i', 4}, {'i', 8}};
static_assert(std::size(kElements) == SCALLION_INT64 + 1);

// "input 0", "target 2", ...
std::string nth(const char* what, std::size_t index) {
  return std::string(what) + " " + std::to_string(index);
}

std::string received(std::int64_t value) { return ". Received: " + std::to_string(value); }

Status check_images(std::size_t number, const scallion_rows& rows, const Port& input,
                    const std::int64_t* indices, std::int64_t images) {
  SCALLION_REQUIRE(rows.type >= 0 && rows.type <= SCALLION_INT64,
                   nth("input", number) + " has no known type" + received(rows.type));
  SCALLION_REQUIRE(rows.row_size == input.size, nth("input", number) + " takes images of " +
                                                    std::to_string(input.size) + " elements" +
                                                    received(rows.row_size));
  SCALLION_REQUIRE(rows.rows >= 0 && (rows.data != nullptr || images == 0 || input.size == 0),
                   nth("input", number) + " is missing");
  for (std::int64_t i = 0; i < images; ++i) {
    if (indices[i] < 0 || indices[i] >= rows.rows) {
      return {SCALLION_INDEX_OUT_OF_RANGE, "there are images 0 to " +
                                               std::to_string(rows.rows - 1) +
                                               ". Received: index " + std::to_string(indices[i])};
    }
  }
  return {};
}

Status check_labels(const std::int64_t* labels, std::int64_t count, std::int64_t classes) {
  for (std::int64_t i = 0; i < count; ++i) {
    if ((labels[i] < 0 || labels[i] >= classes) && labels[i] != SCALLION_IGNORED_LABEL) {
      return {SCALLION_LABEL_OUT_OF_RANGE, "labels go from 0 to " + std::to_string(classes - 1) +
                                               " where the network has " + std::to_string(classes) +
                                               " outputs. Received: " + std::to_string(labels[i])};
    }
  }
  return {};
}

Status check_target(std::size_t number, const scallion_rows& rows, const Port& output,
                    std::int64_t images) {
  const bool sparse = output.classes > 0;
  SCALLION_REQUIRE(rows.type == (sparse ? SCALLION_INT64 : SCALLION_FLOAT32),
                   nth("target", number) + (sparse ? " takes int64 labels" : " takes float32"));
  const std::int64_t size = sparse ? output.size / output.classes : output.size;
  const std::int64_t bytes = size * (sparse ? 8 : 4);
  SCALLION_REQUIRE(rows.rows == images,
                   nth("target", number) + " needs one row per image" + received(rows.rows));
  SCALLION_REQUIRE(rows.row_size == size && (images < 2 || rows.row_stride == bytes),
                   nth("target", number) + " takes contiguous rows of " + std::to_string(size) +
                       " elements" + received(rows.row_size));
  SCALLION_REQUIRE(rows.data != nullptr || images * size == 0,
                   nth("target", number) + " is missing");
  if (!sparse) return {};
  return check_labels(static_cast<const std::int64_t*>(rows.data), images * size, output.classes);
}

// Check a step's arguments, and note in the program's own step where they lie.
Status prepare(scallion_program& p, const scallion_step& given) {
  Step& step = p.step;
  const Plan& plan = p.program->plan();
  const auto losses = static_cast<std::size_t>(plan.losses);
  SCALLION_REQUIRE(p.arrays.size() == p.array_sizes.size(), "no arrays are bound to the program");
  SCALLION_REQUIRE(given.images >= 0 && given.images <= plan.batch,
                   "the program takes at most " + std::to_string(plan.batch) + " images" +
                       received(given.images));
  SCALLION_REQUIRE(given.indices != nullptr || given.images == 0, "indices are missing");
  SCALLION_REQUIRE(given.input_count == static_cast<std::int32_t>(plan.inputs.size()) &&
                       given.output_count == static_cast<std::int32_t>(plan.outputs.size()) &&
                       given.target_count == static_cast<std::int32_t>(losses),
                   "the program has another number of inputs, outputs or losses");
  SCALLION_REQUIRE(
      given.scalar_count >= p.program->scalar_count() && (given.scalars || given.scalar_count == 0),
      "the program needs " + std::to_string(p.program->scalar_count()) + " scalars" +
          received(given.scalar_count));
  SCALLION_REQUIRE((given.inputs || plan.inputs.empty()) &&
                       (given.outputs || plan.outputs.empty()) &&
                       ((given.targets && given.sample_weights && given.losses) || losses == 0),
                   "inputs, targets or outputs are missing");
  for (std::size_t i = 0; i < plan.inputs.size(); ++i) {
    const scallion_rows& rows = given.inputs[i];
    SCALLION_RETURN_IF_ERROR(check_images(i, rows, plan.inputs[i], given.indices, given.images));
    const Element& element = kElements[rows.type];
    step.inputs[i] = {static_cast<const std::byte*>(rows.data), rows.row_stride, element.kind,
                      element.bytes};
  }
  for (std::size_t i = 0; i < plan.outputs.size(); ++i) {
    const std::int64_t size = given.images * plan.outputs[i].size;
    SCALLION_REQUIRE(given.outputs[i].size == size && (given.outputs[i].data || size == 0),
                     nth("output", i) + " needs room for " + std::to_string(size) + " floats" +
                         received(given.outputs[i].size));
    step.outputs[i] = given.outputs[i].data;
  }
  for (std::size_t i = 0; i < losses; ++i) {
    SCALLION_RETURN_IF_ERROR(check_target(i, given.targets[i], plan.outputs[i], given.images));
    step.targets[i] = given.targets[i].data;
    const scallion_floats& weights = given.sample_weights[i];
    SCALLION_REQUIRE(!weights.data || weights.size == given.images,
                     "there is one sample weight per image" + received(weights.size));
    step.factors[i] = weights.data;
  }
  step.indices = given.indices;
  step.images = static_cast<int>(given.images);
  step.scalars.assign(given.scalars, given.scalars + given.scalar_count);
  step.seed = given.seed;
  step.number = given.number;
  return {};
}

// The number of floats that each external array needs: those of the largest buffer that names it.
Status sizes_of_arrays(const Plan& plan, std::vector<std::int64_t>& sizes) {
  for (const Buffer& buffer : plan.buffers) {
    if (buffer.scope != Scope::kExternal) continue;
    // Every array has a buffer, so there are no more arrays than buffers.
    if (buffer.offset >= static_cast<std::int64_t>(plan.buffers.size())) {
      return {SCALLION_INVALID_PROGRAM, "an external array has a number that is too large"};
    }
    const auto number = static_cast<std::size_t>(buffer.offset);
    if (number >= sizes.size()) sizes.resize(number + 1, 0);
    sizes[number] = std::max(sizes[number], buffer.size);
  }
  return {};
}

void bind(scallion_program& p, std::vector<float*> arrays) {
  p.arrays = std::move(arrays);
  p.program->bind(p.arrays);
}

Status load(const std::byte* bytes, std::size_t size, int threads,
            std::unique_ptr<scallion_program>& made) {
  SCALLION_RETURN_IF_ERROR(kernels_status());
  ProgramDescription d{};
  SCALLION_RETURN_IF_ERROR(read_program(bytes, size, d));
  auto p = std::make_unique<scallion_program>();
  SCALLION_RETURN_IF_ERROR(sizes_of_arrays(d.plan, p->array_sizes));
  const std::size_t inputs = d.plan.inputs.size(), outputs = d.plan.outputs.size();
  SCALLION_RETURN_IF_ERROR(Program::create(d.plan, d.segments, d.constant_segments,
                                           d.constant_buffers, threads, p->program));
  p->plan.assign(bytes, bytes + d.plan_bytes);
  p->step.inputs.resize(inputs);
  p->step.outputs.resize(outputs);
  p->step.targets.resize(static_cast<std::size_t>(d.plan.losses));
  p->step.factors.resize(static_cast<std::size_t>(d.plan.losses));
  if (!d.arrays.empty() || p->array_sizes.empty()) {
    if (d.arrays.size() != p->array_sizes.size()) {
      return {SCALLION_INVALID_PROGRAM,
              "the serialised program has another number of arrays than its plan"};
    }
    std::vector<float*> pointers;
    p->own_arrays = std::move(d.arrays);
    for (std::size_t i = 0; i < p->own_arrays.size(); ++i) {
      if (static_cast<std::int64_t>(p->own_arrays[i].size()) != p->array_sizes[i]) {
        return {SCALLION_INVALID_PROGRAM, "an array has another size than the plan"};
      }
      pointers.push_back(p->own_arrays[i].data());
    }
    bind(*p, std::move(pointers));
  }
  made = std::move(p);
  return {};
}

// Check an index into a list of `count`.
Status check_index(std::int32_t index, std::size_t count) {
  if (index >= 0 && static_cast<std::size_t>(index) < count) return {};
  return invalid("an index from 0 up to, but without, " + std::to_string(count) +
                 " is needed. Received: " + std::to_string(index));
}

Status measure_peak(int threads, double seconds, double* gflops) {
  using Clock = std::chrono::steady_clock;
  SCALLION_RETURN_IF_ERROR(kernels_status());
  SCALLION_REQUIRE(threads >= 1, "at least one thread is needed" + received(threads));
  std::vector<double> done(static_cast<std::size_t>(threads));
  const auto start = Clock::now();
  const auto passed = [&] { return std::chrono::duration<double>(Clock::now() - start).count(); };
  SCALLION_RETURN_IF_ERROR(run_on_threads(threads, [&](int thread) {
    float sink;
    while (passed() < seconds)
      done[static_cast<std::size_t>(thread)] += kernels().peak(100000, &sink);
  }));
  double total = 0;
  for (const double some : done) total += some;
  *gflops = 2e-9 * total / passed();
  return {};
}

}  // namespace

extern "C" {

int32_t scallion_api_version(void) { return SCALLION_API_VERSION; }

const char* scallion_last_error(void) { return last_error.c_str(); }

scallion_status scallion_instruction_set(const char** name) {
  return guarded([&]() -> Status {
    SCALLION_RETURN_IF_ERROR(kernels_status());
    *name = kernels().name;
    return {};
  });
}

scallion_status scallion_constant(const char* name, int64_t* value) {
  return guarded([&]() -> Status {
    for (const Constant& constant : kConstants) {
      if (std::strcmp(constant.name, name) != 0) continue;
      *value = constant.value;
      return {};
    }
    return invalid("no constant of this name. Received: '" + std::string(name) + "'");
  });
}

const char* scallion_operation_kind(int32_t index) {
  const char* kind = nullptr;
  guarded([&]() -> Status {
    kind = operation_kind(index);
    return {};
  });
  return kind;
}

scallion_status scallion_measure_peak(int32_t threads, double seconds, double* gflops) {
  return guarded([&] { return measure_peak(threads, seconds, gflops); });
}

scallion_status scallion_program_load(const void* bytes, size_t size, int32_t threads,
                                      scallion_program** program) {
  return guarded([&]() -> Status {
    *program = nullptr;
    SCALLION_REQUIRE(bytes != nullptr, "the serialised program is missing");
    std::unique_ptr<scallion_program> made;
    SCALLION_RETURN_IF_ERROR(load(static_cast<const std::byte*>(bytes), size, threads, made));
    *program = made.release();
    return {};
  });
}

void scallion_program_destroy(scallion_program* program) { delete program; }

scallion_status scallion_program_bind(scallion_program* program, const scallion_floats* arrays,
                                      int32_t count) {
  return guarded([&]() -> Status {
    const std::vector<std::int64_t>& sizes = program->array_sizes;
    SCALLION_REQUIRE(
        count == static_cast<std::int32_t>(sizes.size()) && (arrays || count == 0),
        "the program has " + std::to_string(sizes.size()) + " arrays" + received(count));
    std::vector<float*> pointers;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      SCALLION_REQUIRE(arrays[i].size >= sizes[i] && (arrays[i].data || sizes[i] == 0),
                       nth("array", i) + " has " + std::to_string(sizes[i]) + " floats" +
                           received(arrays[i].size));
      pointers.push_back(arrays[i].data);
    }
    bind(*program, std::move(pointers));
    return {};
  });
}

scallion_status scallion_program_run(scallion_program* program, scallion_step* step) {
  return guarded([&]() -> Status {
    SCALLION_RETURN_IF_ERROR(prepare(*program, *step));
    SCALLION_RETURN_IF_ERROR(program->program->run(program->step, step->threads));
    const auto& losses = program->program->losses();
    std::copy(losses.begin(), losses.end(), step->losses);
    const Program::Position found = program->program->nonfinite();
    step->nonfinite_input = found.input;
    step->nonfinite_image = found.image;
    return {};
  });
}

scallion_status scallion_program_profile(scallion_program* program, scallion_step* step,
                                         double* seconds, int32_t count) {
  return guarded([&]() -> Status {
    SCALLION_REQUIRE(count == program->program->operation_count(),
                     "the program has " + std::to_string(program->program->operation_count()) +
                         " operations" + received(count));
    SCALLION_RETURN_IF_ERROR(prepare(*program, *step));
    return program->program->profile(program->step, seconds);
  });
}

scallion_status scallion_program_save(const scallion_program* program, void* bytes, size_t capacity,
                                      size_t* size) {
  return guarded([&]() -> Status {
    const scallion_program& p = *program;
    SCALLION_REQUIRE(p.arrays.size() == p.array_sizes.size(), "no arrays are bound to the program");
    *size = saved_size(p.plan.size(), p.array_sizes);
    if (bytes == nullptr) return {};
    SCALLION_REQUIRE(capacity >= *size, "the serialised program takes " + std::to_string(*size) +
                                            " bytes" +
                                            received(static_cast<std::int64_t>(capacity)));
    write_program(p.plan, {p.arrays.begin(), p.arrays.end()}, p.array_sizes,
                  static_cast<std::byte*>(bytes));
    return {};
  });
}

scallion_status scallion_program_describe(const scallion_program* program,
                                          scallion_program_info* info) {
  return guarded([&]() -> Status {
    const Plan& plan = program->program->plan();
    *info = {plan.batch,
             static_cast<std::int32_t>(program->program->plan().inputs.size()),
             static_cast<std::int32_t>(program->program->plan().outputs.size()),
             plan.losses,
             static_cast<std::int32_t>(program->array_sizes.size()),
             program->program->operation_count()};
    return {};
  });
}

scallion_status scallion_program_input_size(const scallion_program* program, int32_t index,
                                            int64_t* size) {
  return guarded([&]() -> Status {
    SCALLION_RETURN_IF_ERROR(check_index(index, program->program->plan().inputs.size()));
    *size = program->program->plan().inputs[static_cast<std::size_t>(index)].size;
    return {};
  });
}

scallion_status scallion_program_output_size(const scallion_program* program, int32_t index,
                                             int64_t* size) {
  return guarded([&]() -> Status {
    SCALLION_RETURN_IF_ERROR(check_index(index, program->program->plan().outputs.size()));
    *size = program->program->plan().outputs[static_cast<std::size_t>(index)].size;
    return {};
  });
}

scallion_status scallion_program_array_size(const scallion_program* program, int32_t index,
                                            int64_t* size) {
  return guarded([&]() -> Status {
    SCALLION_RETURN_IF_ERROR(check_index(index, program->array_sizes.size()));
    *size = program->array_sizes[static_cast<std::size_t>(index)];
    return {};
  });
}

scallion_status scallion_program_label_classes(const scallion_program* program, int32_t loss,
                                               int64_t* classes) {
  return guarded([&]() -> Status {
    const auto losses = static_cast<std::size_t>(program->program->plan().losses);
    SCALLION_RETURN_IF_ERROR(check_index(loss, losses));
    *classes = program->program->plan().outputs[static_cast<std::size_t>(loss)].classes;
    return {};
  });
}

scallion_status scallion_program_predict(scallion_program* program, const float* const* inputs,
                                         int32_t images, int32_t threads, float* const* outputs) {
  return guarded([&]() -> Status {
    scallion_program& p = *program;
    SCALLION_REQUIRE(p.program->plan().losses == 0, "a program with losses does not only predict");
    SCALLION_REQUIRE(images >= 0 && images <= p.program->plan().batch,
                     "the program takes at most " + std::to_string(p.program->plan().batch) +
                         " images" + received(images));
    SCALLION_REQUIRE(inputs && outputs, "inputs or outputs are missing");
    std::vector<scallion_rows> rows;
    for (std::size_t i = 0; i < p.program->plan().inputs.size(); ++i) {
      const std::int64_t size = p.program->plan().inputs[i].size;
      rows.push_back({inputs[i], images, size, size * 4, SCALLION_FLOAT32});
    }
    std::vector<scallion_floats> results;
    for (std::size_t i = 0; i < p.program->plan().outputs.size(); ++i) {
      results.push_back({outputs[i], images * p.program->plan().outputs[i].size});
    }
    for (auto i = static_cast<std::int64_t>(p.positions.size()); i < images; ++i) {
      p.positions.push_back(i);
    }
    scallion_step step{};
    step.inputs = rows.data();
    step.input_count = static_cast<std::int32_t>(rows.size());
    step.outputs = results.data();
    step.output_count = static_cast<std::int32_t>(results.size());
    step.indices = p.positions.data();
    step.images = images;
    SCALLION_RETURN_IF_ERROR(prepare(p, step));
    return p.program->run(p.step, threads);
  });
}

}  // extern "C"
