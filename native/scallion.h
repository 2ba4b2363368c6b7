/* The C API of Scallion's engine: load a program, bind arrays to it, run steps.
 *
 * A program is a neural network lowered to a list of operations over planned buffers; see
 * native/program_format.hpp for its serialised form. `scallion.engine.native` writes programs and
 * runs them through this API with ctypes; any other language can do the same.
 *
 * Every function that can fail returns a status. Nothing is thrown. After a status other than
 * SCALLION_OK, scallion_last_error() describes what was wrong. All sizes, shapes, types, image
 * indices and class labels are checked here: no call reads or writes outside the memory that its
 * arguments describe. What cannot be checked is that a pointer leads to as much memory as stated.
 *
 * Different programs may be used by different threads at the same time. One program may not: a
 * second call must wait until the first has returned.
 */
#ifndef SCALLION_H
#define SCALLION_H

#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32)
#define SCALLION_EXPORT __declspec(dllexport)
#else
#define SCALLION_EXPORT __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Changes with every incompatible change of this header. */
#define SCALLION_API_VERSION 1

typedef int32_t scallion_status;
enum {
  SCALLION_OK = 0,
  SCALLION_INVALID_ARGUMENT = 1,        /* an array or a size does not fit the program */
  SCALLION_INVALID_PROGRAM = 2,         /* a serialised program is damaged or inconsistent */
  SCALLION_OUT_OF_MEMORY = 3,           /* nothing was changed; a smaller batch may fit */
  SCALLION_INDEX_OUT_OF_RANGE = 4,      /* an image index outside of an input array */
  SCALLION_LABEL_OUT_OF_RANGE = 5,      /* a class label that the network has no output for */
  SCALLION_UNKNOWN_INSTRUCTION_SET = 6, /* SCALLION_ISA names none that this CPU runs */
  SCALLION_NO_THREAD = 7,               /* the system starts no further thread */
  SCALLION_INTERNAL_ERROR = 8           /* a defect of this library */
};

/* Element types of arrays. */
typedef int32_t scallion_type;
enum {
  SCALLION_FLOAT32 = 0,
  SCALLION_FLOAT64 = 1,
  SCALLION_BOOL = 2,
  SCALLION_UINT8 = 3,
  SCALLION_UINT16 = 4,
  SCALLION_UINT32 = 5,
  SCALLION_UINT64 = 6,
  SCALLION_INT8 = 7,
  SCALLION_INT16 = 8,
  SCALLION_INT32 = 9,
  SCALLION_INT64 = 10
};

/* Rows of elements that the caller owns: images or targets. Row i starts `i * row_stride` bytes
 * after `data`; the elements of a row are contiguous. */
typedef struct scallion_rows {
  const void* data;
  int64_t rows;
  int64_t row_size;   /* elements */
  int64_t row_stride; /* bytes */
  scallion_type type;
} scallion_rows;

/* Contiguous floats that the caller owns. */
typedef struct scallion_floats {
  float* data;
  int64_t size;
} scallion_floats;

/* The arguments and results of one step. */
typedef struct scallion_step {
  /* One per input of the program: whole arrays of images, of any type. */
  const scallion_rows* inputs;
  /* int64[images]: which rows of the inputs make up the batch. */
  const int64_t* indices;
  int64_t images;
  /* One per loss of the program, `images` rows each: int64 class labels where the loss is sparse
   * (SCALLION_IGNORED_LABEL has no loss), else float32. */
  const scallion_rows* targets;
  /* One per loss: float32[images], the weight of each image in the loss; or null data, where every
   * image has the weight 1 / images. */
  const scallion_floats* sample_weights;
  /* One per output of the program: float32[images * size], written. */
  const scallion_floats* outputs;
  /* What the optimizer's operations read: the learning rate first. */
  const float* scalars;
  int32_t input_count, target_count, output_count, scalar_count;
  /* Random numbers are a function of the seed, the step's number and the place of use. */
  uint64_t seed;
  uint32_t number;
  int32_t threads;
  /* float64[target_count], written: the mean loss of each output. */
  double* losses;
  /* Written: the position in the batch of the first image with a pixel that is NaN or infinite, and
   * its input. Both are -1 where there is none, or where the program does not check. */
  int32_t nonfinite_input, nonfinite_image;
  /* The segments to run: from the first up to, not including, the end; all of them where the end is
   * 0. A step in two parts runs first 0 up to some segment, then from there on, with the same
   * images; in between the caller may compute targets from the outputs. */
  int32_t first_segment, end_segment;
} scallion_step;

/* A label that has no loss. */
#define SCALLION_IGNORED_LABEL INT64_MIN

/* SCALLION_API_VERSION of the library. */
SCALLION_EXPORT int32_t scallion_api_version(void);

/* What was wrong in this thread's last call that failed: UTF-8, valid until the next call. Where
 * the message has a second line, it starts with "hint: ". */
SCALLION_EXPORT const char* scallion_last_error(void);

/* The name of the kernels in use: "baseline", "avx2", "avx512" or "neon". The environment variable
 * SCALLION_ISA chooses; else they are the best that this CPU runs. */
SCALLION_EXPORT scallion_status scallion_instruction_set(const char** name);

/* A constant that programs are written against, by name: "lanes", "format_version", "scope.image",
 * ... (all in native/scallion.cpp). */
SCALLION_EXPORT scallion_status scallion_constant(const char* name, int64_t* value);

/* The kinds of operations that programs may have: the name of the index-th, null after the last. */
SCALLION_EXPORT const char* scallion_operation_kind(int32_t index);

/* Measure the speed limit of the CPU: the fused multiply-adds per second that `threads` threads
 * reach in registers, in GFLOP/s, over about `seconds`. */
SCALLION_EXPORT scallion_status scallion_measure_peak(int32_t threads, double seconds,
                                                      double* gflops);

typedef struct scallion_program scallion_program;

/* Load a program from its serialised form, which is copied, and allocate its buffers for that many
 * threads. Arrays that the form contains are bound. Destroy the program after use. */
SCALLION_EXPORT scallion_status scallion_program_load(const void* bytes, size_t size,
                                                      int32_t threads, scallion_program** program);

SCALLION_EXPORT void scallion_program_destroy(scallion_program* program);

/* The arrays that the program reads and writes in place, in its own order: weights and optimizer
 * state. They must stay where they are until others are bound or the program is destroyed. */
SCALLION_EXPORT scallion_status scallion_program_bind(scallion_program* program,
                                                      const scallion_floats* arrays, int32_t count);

/* Run one step. */
SCALLION_EXPORT scallion_status scallion_program_run(scallion_program* program,
                                                     scallion_step* step);

/* Run one step on one thread and time each operation: seconds[count], in the program's order; 0 for
 * operations that depend on nothing that has changed. `count` is the number of operations. */
SCALLION_EXPORT scallion_status scallion_program_profile(scallion_program* program,
                                                         scallion_step* step, double* seconds,
                                                         int32_t count);

/* The serialised form with the arrays that are bound now, which scallion_program_load makes an
 * equal program of. Writes the number of bytes to `size`; where `bytes` is not null, writes them
 * there. `capacity` is the room in bytes. */
SCALLION_EXPORT scallion_status scallion_program_save(const scallion_program* program, void* bytes,
                                                      size_t capacity, size_t* size);

/* What a program takes and returns. Sizes are those of one image. */
typedef struct scallion_program_info {
  int32_t batch; /* the most images per step */
  int32_t input_count, output_count, loss_count, array_count, operation_count;
} scallion_program_info;

SCALLION_EXPORT scallion_status scallion_program_describe(const scallion_program* program,
                                                          scallion_program_info* info);

/* The number of elements per image of an input or output, and the floats of an array, by index. */
SCALLION_EXPORT scallion_status scallion_program_input_size(const scallion_program* program,
                                                            int32_t index, int64_t* size);
SCALLION_EXPORT scallion_status scallion_program_output_size(const scallion_program* program,
                                                             int32_t index, int64_t* size);
SCALLION_EXPORT scallion_status scallion_program_array_size(const scallion_program* program,
                                                            int32_t index, int64_t* size);

/* The number of classes of a loss whose targets are labels; 0 where they are floats. */
SCALLION_EXPORT scallion_status scallion_program_label_classes(const scallion_program* program,
                                                               int32_t loss, int64_t* classes);

/* Predict: the simple form of a step for float32 images that lie one after the other.
 * inputs[i] is float32[images * input size], outputs[i] float32[images * output size]. */
SCALLION_EXPORT scallion_status scallion_program_predict(scallion_program* program,
                                                         const float* const* inputs, int32_t images,
                                                         int32_t threads, float* const* outputs);

#ifdef __cplusplus
}
#endif

#endif
