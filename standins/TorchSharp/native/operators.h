// An operator as it is bound, and what a call passes to it.
#pragma once

#include "face.h"

#include <ATen/core/dispatch/Dispatcher.h>

#include <vector>

namespace standin {

using c10::IValue;

enum Tag : int32_t { Default, None, TensorTag, IntTag, DoubleTag, BoolTag, IntList, DoubleList, TensorListTag, Text, DeviceTag, GeneratorTag };

struct Argument {
  int32_t tag;
  int32_t count;  // length of a list, index of a device
  int64_t bits;   // value, or address of the list
};

enum class Kind { Tensor, Scalar, Int, Float, Bool, Text, Device, Generator, IntList, FloatList, BoolList, TensorList, OptionalTensorList, ScalarList, Other };

struct ArgumentSpec {
  Kind kind;
  bool optional;
  bool has_default;
  IValue fallback;
};

struct Operator {
  std::string name;
  c10::OperatorHandle handle;
  std::vector<ArgumentSpec> arguments;
};

// What a schema says of an argument.
ArgumentSpec spec_of(const c10::Argument& argument);

// The argument at place `at` of `count` as the operator wants it.
IValue convert(const Operator& op, size_t at, const Argument* arguments, size_t count);

[[noreturn]] void mismatch(const Operator& op, size_t at, const char* wanted);

}  // namespace standin
