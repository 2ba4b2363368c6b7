// Failures in the core are values with a message, never exceptions.
#pragma once

#include <string>
#include <utility>

#include "scallion.h"

namespace scallion {

class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(scallion_status code, std::string message) : code_(code), message_(std::move(message)) {}

  bool ok() const { return code_ == SCALLION_OK; }
  scallion_status code() const { return code_; }
  const std::string& message() const { return message_; }

 private:
  scallion_status code_ = SCALLION_OK;
  std::string message_;
};

}  // namespace scallion

// Return from the calling function where a status is an error.
#define SCALLION_RETURN_IF_ERROR(expression)                                      \
  do {                                                                            \
    if (::scallion::Status status_ = (expression); !status_.ok()) return status_; \
  } while (false)
