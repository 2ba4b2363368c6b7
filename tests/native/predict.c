/* Loads a serialised program and predicts, with nothing but the C API: no Python, no C++.
 *
 *   predict PROGRAM INPUT... OUTPUT...
 *
 * PROGRAM is what NativeEngine.serialize returns. Each INPUT holds float32 images, one after the
 * other; there are as many inputs and outputs as the program has. Each OUTPUT is written. */
#include <stdio.h>
#include <stdlib.h>

#include "scallion.h"

static void fail(const char* what, const char* why) {
  fprintf(stderr, "predict: %s: %s\n", what, why);
  exit(1);
}

static void require(scallion_status status, const char* what) {
  if (status != SCALLION_OK) fail(what, scallion_last_error());
}

/* The bytes of a file, and their number. */
static void* read_file(const char* path, size_t* size) {
  FILE* file = fopen(path, "rb");
  void* bytes = NULL;
  long length;
  if (file == NULL || fseek(file, 0, SEEK_END) != 0) fail(path, "cannot be read");
  length = ftell(file);
  rewind(file);
  bytes = malloc(length > 0 ? (size_t)length : 1);
  if (bytes == NULL || fread(bytes, 1, (size_t)length, file) != (size_t)length) {
    fail(path, "cannot be read");
  }
  fclose(file);
  *size = (size_t)length;
  return bytes;
}

static void write_file(const char* path, const void* bytes, size_t size) {
  FILE* file = fopen(path, "wb");
  if (file == NULL || fwrite(bytes, 1, size, file) != size || fclose(file) != 0) {
    fail(path, "cannot be written");
  }
}

int main(int argc, char** argv) {
  scallion_program* program = NULL;
  scallion_program_info info;
  const float* inputs[8];
  float* outputs[8];
  size_t size;
  void* bytes;
  int32_t i, images = -1;
  int64_t elements;

  if (argc < 3) fail("arguments", "PROGRAM INPUT... OUTPUT...");
  if (scallion_api_version() != SCALLION_API_VERSION) fail("library", "another version");
  bytes = read_file(argv[1], &size);
  require(scallion_program_load(bytes, size, 1, &program), argv[1]);
  free(bytes);
  require(scallion_program_describe(program, &info), argv[1]);
  if (info.input_count > 8 || info.output_count > 8 ||
      argc != 2 + info.input_count + info.output_count) {
    fail("arguments", "not one file per input and output");
  }
  for (i = 0; i < info.input_count; ++i) {
    require(scallion_program_input_size(program, i, &elements), "input");
    inputs[i] = read_file(argv[2 + i], &size);
    if (images < 0) images = (int32_t)(size / sizeof(float) / (size_t)elements);
    if (size != (size_t)images * (size_t)elements * sizeof(float)) fail(argv[2 + i], "its size");
  }
  for (i = 0; i < info.output_count; ++i) {
    require(scallion_program_output_size(program, i, &elements), "output");
    outputs[i] = malloc((size_t)images * (size_t)elements * sizeof(float) + 1);
    if (outputs[i] == NULL) fail("output", "out of memory");
  }
  require(scallion_program_predict(program, inputs, images, 1, outputs), "predict");
  for (i = 0; i < info.output_count; ++i) {
    require(scallion_program_output_size(program, i, &elements), "output");
    write_file(argv[2 + info.input_count + i], outputs[i],
               (size_t)images * (size_t)elements * sizeof(float));
    free(outputs[i]);
  }
  for (i = 0; i < info.input_count; ++i) free((void*)inputs[i]);
  scallion_program_destroy(program);
  return 0;
}
