// The C API: checks what callers hand over, and keeps exceptions of the standard library inside.
#include "scallion.h"

#include <chrono>
#include <limits>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "constants.hpp"
#include "dispatch.hpp"
#include "loaded_program.hpp"
#include "program.hpp"
#include "program_format.hpp"
#include "status.hpp"

using namespace scallion;

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
  return invalid_argument("an index from 0 up to, but without, " + std::to_string(count) +
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
    if (find_constant(name, *value)) return {};
    return invalid_argument("no constant of this name. Received: '" + std::string(name) + "'");
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
    SCALLION_RETURN_IF_ERROR(prepare_step(*program, *step));
    SCALLION_RETURN_IF_ERROR(program->program->run(program->step, step->threads,
                                                   step->first_segment, step->end_segment));
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
    SCALLION_RETURN_IF_ERROR(prepare_step(*program, *step));
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
    SCALLION_RETURN_IF_ERROR(prepare_step(p, step));
    return p.program->run(p.step, threads);
  });
}

}  // extern "C"
