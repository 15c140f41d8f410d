// Operators: binding them by name and calling them.
#include "operators.h"

#include <algorithm>
#include <cstring>
#include <mutex>

using namespace standin;

namespace {

thread_local std::vector<Result> overflow;

struct Writer {
  Result* out;
  int64_t capacity;
  int64_t count = 0;

  void add(Result r) {
    if (count < capacity) out[count] = r;
    else overflow.push_back(r);
    count++;
  }

  void add(IValue&& value) {
    if (value.isTensor()) return add(result_of(std::move(value).toTensor()));
    if (value.isTensorList()) {
      for (const Tensor& t : value.toTensorVector()) add(result_of(Tensor(t)));
      return;
    }
    if (value.isInt()) return add(Result{value.toInt(), 0});
    if (value.isBool()) return add(Result{value.toBool() ? 1 : 0, 0});
    if (value.isDouble()) {
      Result r{0, 0};
      double number = value.toDouble();
      std::memcpy(&r.value, &number, sizeof number);
      return add(r);
    }
    if (value.isNone()) return add(Result{0, 0});
    TORCH_CHECK(false, "a result of type ", value.tagKind(), " cannot be passed on");
  }
};

// Operators are bound once and never leave; a deque-like table of pointers so that ids stay valid without a lock on the way in.
constexpr int32_t max_operators = 4096;
Operator* operators[max_operators];
int32_t operator_count = 0;
std::mutex binding;

}  // namespace

// Binds "aten::add.Tensor" and returns its id.
FACE int64_t st_bind(const char* full_name) {
  return guarded([&]() -> int64_t {
    std::string name(full_name), overload;
    if (auto dot = name.find('.'); dot != std::string::npos) {
      overload = name.substr(dot + 1);
      name.resize(dot);
    }
    auto handle = c10::Dispatcher::singleton().findSchemaOrThrow(name.c_str(), overload.c_str());
    auto* op = new Operator{full_name, handle, {}};
    for (const auto& argument : handle.schema().arguments()) op->arguments.push_back(spec_of(argument));
    std::lock_guard<std::mutex> lock(binding);
    TORCH_CHECK(operator_count < max_operators, "too many operators");
    operators[operator_count] = op;
    return operator_count++;
  });
}

// Checks that the first `count` arguments of an operator exist and that all further ones have defaults.
FACE int64_t st_fits(int32_t id, int32_t count) {
  return guarded([&]() -> int64_t {
    const Operator& op = *operators[id];
    TORCH_CHECK(count <= static_cast<int32_t>(op.arguments.size()), op.handle.schema(), " takes fewer than ", count, " arguments");
    for (size_t i = count; i < op.arguments.size(); i++)
      TORCH_CHECK(op.arguments[i].has_default || op.arguments[i].optional, op.handle.schema(), " needs more than ", count, " arguments");
    return 0;
  });
}

// Calls an operator. Returns the number of results (lists count their elements), of which the first `capacity` are in `out`
// and the others are fetched by st_overflow. Capacity 0 drops the results (in-place operators return their own input).
FACE int64_t st_call(int32_t id, const Argument* arguments, int32_t count, Result* out, int32_t capacity) {
  return guarded([&]() -> int64_t {
    const Operator& op = *operators[id];
    torch::jit::Stack stack;
    stack.reserve(op.arguments.size());
    for (size_t i = 0; i < op.arguments.size(); i++) {
      if (static_cast<int32_t>(i) < count && arguments[i].tag != Default) stack.push_back(convert(op, i, arguments, count));
      else if (op.arguments[i].has_default) stack.push_back(op.arguments[i].fallback);
      else if (op.arguments[i].optional) stack.emplace_back();
      else mismatch(op, i, "given");
    }
    op.handle.callBoxed(&stack);
    if (capacity == 0) return 0;
    overflow.clear();
    Writer writer{out, capacity};
    for (IValue& value : stack) writer.add(std::move(value));
    return writer.count;
  });
}

FACE void st_overflow(Result* out) {
  std::copy(overflow.begin(), overflow.end(), out);
  overflow.clear();
}
