// A C face of LibTorch for the TorchSharp stand-in: any operator is called by its name through the boxed dispatcher,
// so one function serves all of them and operators whose overloads changed between LibTorch versions still bind.
//
// A handle is a TensorImpl* (or GeneratorImpl*) that owns one reference. No exception leaves this file: every function
// returns a negative number and keeps the message in st_error().
#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <ATen/ScalarOps.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <c10/core/InferenceMode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/edge.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/functions/utils.h>
#include <torch/csrc/autograd/variable.h>
#include <torch/version.h>

#include <cstring>
#include <mutex>
#include <string>
#include <vector>

#define FACE extern "C" __attribute__((visibility("default")))

namespace {

using at::Tensor;
using c10::IValue;
using TensorPointer = c10::intrusive_ptr<c10::TensorImpl, c10::UndefinedTensorImpl>;
using GeneratorPointer = c10::intrusive_ptr<c10::GeneratorImpl>;

// c10::optional became std::optional along the way; take whichever this LibTorch uses.
template <class T> struct OptionalOf;
template <template <class...> class O, class V> struct OptionalOf<O<V>> { template <class U> using type = O<U>; };
using OptionalTensor = OptionalOf<std::decay_t<decltype(std::declval<const c10::Argument&>().default_value())>>::type<Tensor>;

thread_local std::string last_error;

template <class F> int64_t guarded(F&& body) {
  try {
    return body();
  } catch (const c10::Error& e) {
    last_error = e.what_without_backtrace();
  } catch (const std::exception& e) {
    last_error = e.what();
  } catch (...) {
    last_error = "unknown native exception";
  }
  return -1;
}

c10::TensorImpl* impl(int64_t handle) { return reinterpret_cast<c10::TensorImpl*>(handle); }

Tensor borrow(int64_t handle) {
  return handle == 0 ? Tensor() : Tensor(TensorPointer::reclaim_copy(impl(handle)));
}

int64_t release(Tensor&& t) {
  return t.defined() ? reinterpret_cast<int64_t>(t.unsafeReleaseTensorImpl()) : 0;
}

at::Generator borrow_generator(int64_t handle) {
  return at::Generator(GeneratorPointer::reclaim_copy(reinterpret_cast<c10::GeneratorImpl*>(handle)));
}

// ---- arguments and results -------------------------------------------------------------------------------------

enum Tag : int32_t { Default, None, TensorTag, IntTag, DoubleTag, BoolTag, IntList, DoubleList, TensorListTag, Text, DeviceTag, GeneratorTag };

struct Argument {
  int32_t tag;
  int32_t count;  // length of a list, index of a device
  int64_t bits;   // value, or address of the list
};

struct Result {
  int64_t value;
  int64_t bytes;  // host memory that this result alone keeps alive
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

Kind kind_of(const c10::TypePtr& type) {
  switch (type->kind()) {
    case c10::TypeKind::TensorType: return Kind::Tensor;
    case c10::TypeKind::NumberType: return Kind::Scalar;
    case c10::TypeKind::IntType:
    case c10::TypeKind::SymIntType: return Kind::Int;
    case c10::TypeKind::FloatType: return Kind::Float;
    case c10::TypeKind::BoolType: return Kind::Bool;
    case c10::TypeKind::StringType: return Kind::Text;
    case c10::TypeKind::DeviceObjType: return Kind::Device;
    case c10::TypeKind::GeneratorType: return Kind::Generator;
    case c10::TypeKind::ListType: break;
    default: return Kind::Other;
  }
  auto element = type->castRaw<c10::ListType>()->getElementType();
  if (auto optional = element->cast<c10::OptionalType>())
    return kind_of(optional->getElementType()) == Kind::Tensor ? Kind::OptionalTensorList : Kind::Other;
  switch (kind_of(element)) {
    case Kind::Tensor: return Kind::TensorList;
    case Kind::Int: return Kind::IntList;
    case Kind::Float: return Kind::FloatList;
    case Kind::Bool: return Kind::BoolList;
    case Kind::Scalar: return Kind::ScalarList;
    default: return Kind::Other;
  }
}

ArgumentSpec spec_of(const c10::Argument& argument) {
  c10::TypePtr type = argument.type();
  bool optional = false;
  if (auto inner = type->cast<c10::OptionalType>()) {
    optional = true;
    type = inner->getElementType();
  }
  bool has_default = static_cast<bool>(argument.default_value());
  return {kind_of(type), optional, has_default, has_default ? *argument.default_value() : IValue()};
}

[[noreturn]] void mismatch(const Operator& op, size_t at, const char* wanted) {
  TORCH_CHECK(false, op.name, ": argument ", at, " should be ", wanted);
  abort();
}

double as_double(const Argument& a) {
  if (a.tag != DoubleTag) return static_cast<double>(a.bits);
  double value;
  std::memcpy(&value, &a.bits, sizeof value);
  return value;
}

bool is_number(const Argument& a) { return a.tag == IntTag || a.tag == DoubleTag || a.tag == BoolTag; }

at::Scalar as_scalar(const Argument& a) {
  if (a.tag == DoubleTag) return at::Scalar(as_double(a));
  if (a.tag == BoolTag) return at::Scalar(a.bits != 0);
  return at::Scalar(a.bits);
}

// A number where a tensor is wanted takes part in type promotion as a number, as in x * 2. It is made in the type of the tensor
// that it meets when that is what promotion comes to anyway: the conversion inside the operator would cost more than the rest.
Tensor as_tensor(const Argument& a, const Argument* other) {
  if (other != nullptr && other->tag == TensorTag && a.tag != BoolTag) {
    auto type = c10::typeMetaToScalarType(impl(other->bits)->dtype());
    if (type == at::kFloat || type == at::kDouble) {
      Tensor number = at::detail::scalar_tensor_static(as_scalar(a), type, at::kCPU);
      number.unsafeGetTensorImpl()->set_wrapped_number(true);
      return number;
    }
  }
  return at::native::wrapped_scalar_tensor(as_scalar(a));
}

IValue as_int_list(const Argument& a) {
  c10::List<int64_t> list;
  const int64_t* values = a.tag == IntList ? reinterpret_cast<const int64_t*>(a.bits) : &a.bits;
  int32_t count = a.tag == IntList ? a.count : 1;
  list.reserve(count);
  for (int32_t i = 0; i < count; i++) list.push_back(values[i]);
  return IValue(std::move(list));
}

IValue as_float_list(const Argument& a) {
  c10::List<double> list;
  const double* values = reinterpret_cast<const double*>(a.bits);
  for (int32_t i = 0; i < a.count; i++) list.push_back(values[i]);
  return IValue(std::move(list));
}

IValue as_bool_list(const Argument& a) {
  c10::List<bool> list;
  const int64_t* values = reinterpret_cast<const int64_t*>(a.bits);
  for (int32_t i = 0; i < a.count; i++) list.push_back(values[i] != 0);
  return IValue(std::move(list));
}

template <class Element> IValue as_tensor_list(const Argument& a) {
  c10::List<Element> list;
  const int64_t* handles = reinterpret_cast<const int64_t*>(a.bits);
  list.reserve(a.count);
  for (int32_t i = 0; i < a.count; i++) {
    if constexpr (std::is_same_v<Element, Tensor>) list.push_back(borrow(handles[i]));
    else list.push_back(handles[i] == 0 ? Element() : Element(borrow(handles[i])));
  }
  return IValue(std::move(list));
}

IValue convert(const Operator& op, size_t at, const Argument* arguments, size_t count) {
  const ArgumentSpec& spec = op.arguments[at];
  const Argument& a = arguments[at];
  if (a.tag == None) return spec.kind == Kind::Tensor && !spec.optional ? IValue(Tensor()) : IValue();
  switch (spec.kind) {
    case Kind::Tensor:
      if (a.tag == TensorTag) return IValue(borrow(a.bits));
      if (is_number(a)) return IValue(as_tensor(a, at < 2 && count > 1 ? &arguments[1 - at] : nullptr));
      mismatch(op, at, "a tensor");
    case Kind::Scalar:
      if (is_number(a)) return IValue(as_scalar(a));
      if (a.tag == TensorTag) return IValue(borrow(a.bits).item());
      mismatch(op, at, "a number");
    case Kind::Int:
      if (a.tag == IntTag || a.tag == BoolTag) return IValue(a.bits);
      mismatch(op, at, "an integer");
    case Kind::Float:
      if (is_number(a)) return IValue(as_double(a));
      mismatch(op, at, "a floating-point number");
    case Kind::Bool:
      if (a.tag == BoolTag || a.tag == IntTag) return IValue(a.bits != 0);
      mismatch(op, at, "a boolean");
    case Kind::Text:
      if (a.tag == Text) return IValue(std::string(reinterpret_cast<const char*>(a.bits), a.count));
      mismatch(op, at, "a string");
    case Kind::Device:
      if (a.tag == DeviceTag)
        return IValue(c10::Device(static_cast<c10::DeviceType>(a.bits), static_cast<c10::DeviceIndex>(a.count)));
      mismatch(op, at, "a device");
    case Kind::Generator:
      if (a.tag == GeneratorTag) return IValue(borrow_generator(a.bits));
      mismatch(op, at, "a generator");
    case Kind::IntList:
      if (a.tag == IntList || a.tag == IntTag) return as_int_list(a);
      mismatch(op, at, "a list of integers");
    case Kind::FloatList:
      if (a.tag == DoubleList) return as_float_list(a);
      mismatch(op, at, "a list of numbers");
    case Kind::BoolList:
      if (a.tag == IntList) return as_bool_list(a);
      mismatch(op, at, "a list of booleans");
    case Kind::TensorList:
      if (a.tag == TensorListTag) return as_tensor_list<Tensor>(a);
      mismatch(op, at, "a list of tensors");
    case Kind::OptionalTensorList:
      if (a.tag == TensorListTag) return as_tensor_list<OptionalTensor>(a);
      mismatch(op, at, "a list of tensors");
    default:
      mismatch(op, at, "of a kind that this face does not pass");
  }
}

Result result_of(Tensor&& t) {
  if (!t.defined()) return {0, 0};
  c10::TensorImpl* pointer = t.unsafeGetTensorImpl();
  int64_t bytes = 0;
  if (t.use_count() == 1 && pointer->has_storage() && t.device().is_cpu()) {
    const c10::Storage& storage = pointer->unsafe_storage();
    if (storage && storage.use_count() == 1) bytes = static_cast<int64_t>(storage.nbytes());
  }
  return {release(std::move(t)), bytes};
}

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

c10::Device device_of(int32_t type, int32_t index) {
  return c10::Device(static_cast<c10::DeviceType>(type), static_cast<c10::DeviceIndex>(index));
}

std::vector<Tensor> borrow_all(const int64_t* handles, int32_t count) {
  std::vector<Tensor> list;
  list.reserve(count);
  for (int32_t i = 0; i < count; i++) list.push_back(borrow(handles[i]));
  return list;
}

}  // namespace

FACE const char* st_error() { return last_error.c_str(); }
FACE const char* st_version() { return TORCH_VERSION; }

// ---- operators ---------------------------------------------------------------------------------------------------

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

// ---- tensors -----------------------------------------------------------------------------------------------------

FACE void st_release(int64_t handle) { TensorPointer::reclaim(impl(handle)).reset(); }

FACE int64_t st_retain(int64_t handle) { return release(borrow(handle)); }

FACE int64_t st_dim(int64_t handle) { return impl(handle)->dim(); }

FACE int64_t st_numel(int64_t handle) { return impl(handle)->numel(); }

FACE void st_sizes(int64_t handle, int64_t* out) {
  auto sizes = impl(handle)->sizes();
  std::copy(sizes.begin(), sizes.end(), out);
}

FACE int64_t st_strides(int64_t handle, int64_t* out) {
  return guarded([&]() -> int64_t {
    auto strides = impl(handle)->strides();
    std::copy(strides.begin(), strides.end(), out);
    return 0;
  });
}

FACE int64_t st_dtype(int64_t handle) { return static_cast<int64_t>(c10::typeMetaToScalarType(impl(handle)->dtype())); }
FACE int64_t st_itemsize(int64_t handle) { return impl(handle)->dtype().itemsize(); }
FACE int64_t st_device_type(int64_t handle) { return static_cast<int64_t>(impl(handle)->device().type()); }
FACE int64_t st_device_index(int64_t handle) { return impl(handle)->device().index(); }
FACE int64_t st_storage_offset(int64_t handle) { return impl(handle)->storage_offset(); }
FACE int64_t st_is_contiguous(int64_t handle) { return impl(handle)->is_contiguous(); }
FACE int64_t st_is_sparse(int64_t handle) { return impl(handle)->is_sparse(); }
FACE int64_t st_requires_grad(int64_t handle) { return borrow(handle).requires_grad(); }
FACE int64_t st_is_leaf(int64_t handle) { return borrow(handle).is_leaf(); }

FACE int64_t st_set_requires_grad(int64_t handle, int32_t value) {
  return guarded([&]() -> int64_t { borrow(handle).set_requires_grad(value != 0); return 0; });
}

FACE int64_t st_retain_grad(int64_t handle) {
  return guarded([&]() -> int64_t { borrow(handle).retain_grad(); return 0; });
}

FACE int64_t st_grad(int64_t handle, int64_t* out) {
  return guarded([&]() -> int64_t { *out = release(Tensor(borrow(handle).grad())); return 0; });
}

FACE int64_t st_set_grad(int64_t handle, int64_t grad) {
  return guarded([&]() -> int64_t { borrow(handle).mutable_grad() = borrow(grad); return 0; });
}

FACE int64_t st_data(int64_t handle) {
  return guarded([&]() -> int64_t { return reinterpret_cast<int64_t>(borrow(handle).data_ptr()); });
}

// A new tensor with a copy of contiguous host memory.
FACE int64_t st_from_memory(const void* data, const int64_t* sizes, int32_t dimensions, int32_t dtype, Result* out) {
  return guarded([&]() -> int64_t {
    Tensor t = at::empty(c10::IntArrayRef(sizes, dimensions), at::TensorOptions(static_cast<at::ScalarType>(dtype)));
    if (t.numel() > 0) std::memcpy(t.data_ptr(), data, t.nbytes());
    *out = result_of(std::move(t));
    return 0;
  });
}

// A tensor over memory that its owner keeps in place; `done(context)` tells the owner that the last reference is gone.
FACE int64_t st_over_memory(void* data, const int64_t* sizes, int32_t dimensions, int32_t dtype, void (*done)(int64_t), int64_t context, Result* out) {
  return guarded([&]() -> int64_t {
    Tensor t = at::from_blob(data, c10::IntArrayRef(sizes, dimensions), [done, context](void*) { done(context); },
                             at::TensorOptions(static_cast<at::ScalarType>(dtype)));
    *out = {release(std::move(t)), 0};
    return 0;
  });
}

// ---- autograd ----------------------------------------------------------------------------------------------------

FACE int64_t st_backward(const int64_t* tensors, int32_t count, const int64_t* grads, int32_t grad_count, int32_t retain,
                         int32_t create, const int64_t* inputs, int32_t input_count) {
  return guarded([&]() -> int64_t {
    torch::autograd::backward(borrow_all(tensors, count), borrow_all(grads, grad_count), retain != 0, create != 0,
                              borrow_all(inputs, input_count));
    return 0;
  });
}

FACE int64_t st_gradients(const int64_t* outputs, int32_t count, const int64_t* inputs, int32_t input_count, const int64_t* grads,
                          int32_t grad_count, int32_t retain, int32_t create, int32_t allow_unused, Result* out) {
  return guarded([&]() -> int64_t {
    auto result = torch::autograd::grad(borrow_all(outputs, count), borrow_all(inputs, input_count), borrow_all(grads, grad_count),
                                        retain != 0, create != 0, allow_unused != 0);
    for (size_t i = 0; i < result.size(); i++) out[i] = result_of(std::move(result[i]));
    return 0;
  });
}

FACE int64_t st_grad_mode() { return c10::GradMode::is_enabled(); }
FACE void st_set_grad_mode(int32_t enabled) { c10::GradMode::set_enabled(enabled != 0); }
FACE int64_t st_inference_mode() { return c10::InferenceMode::is_enabled(); }
FACE int64_t st_enter_inference_mode(int32_t enabled) {
  return guarded([&]() -> int64_t { return reinterpret_cast<int64_t>(new c10::InferenceMode(enabled != 0)); });
}
FACE void st_leave_inference_mode(int64_t guard) { delete reinterpret_cast<c10::InferenceMode*>(guard); }

// ---- functions with a backward of their own ------------------------------------------------------------------------

namespace {

// The caller's backward: `grads` (0 where none) are borrowed, `out` receives owned handles (0 where none); non-zero on failure,
// with the message left through st_set_error.
using Backward = int32_t (*)(int64_t context, const int64_t* grads, int32_t count, int64_t* out, int32_t input_count);
using Forget = void (*)(int64_t context);

struct CallerFunction : public torch::autograd::Node {
  Backward run;
  Forget forget;
  int64_t context;

  ~CallerFunction() override { forget(context); }
  std::string name() const override { return "CallerFunction"; }

  torch::autograd::variable_list apply(torch::autograd::variable_list&& grads) override {
    std::vector<int64_t> handles(grads.size()), results(num_outputs(), 0);
    for (size_t i = 0; i < grads.size(); i++) {
      handles[i] = grads[i].defined() ? reinterpret_cast<int64_t>(grads[i].unsafeGetTensorImpl()) : 0;
    }
    int32_t failed = run(context, handles.data(), static_cast<int32_t>(handles.size()), results.data(), static_cast<int32_t>(results.size()));
    torch::autograd::variable_list out;
    for (int64_t handle : results) out.push_back(handle == 0 ? Tensor() : Tensor(TensorPointer::reclaim(impl(handle))));
    TORCH_CHECK(!failed, last_error);
    return out;
  }
};

}  // namespace

FACE void st_set_error(const char* message) { last_error = message; }

// Makes `outputs` (freshly computed, without history) the results of a function of `inputs`, whose gradient is `run`.
FACE int64_t st_attach_function(const int64_t* inputs, int32_t input_count, const int64_t* outputs, int32_t output_count,
                                const int32_t* differentiable, Backward run, Forget forget, int64_t context) {
  return guarded([&]() -> int64_t {
    std::shared_ptr<CallerFunction> node(new CallerFunction(), torch::autograd::deleteNode);
    node->run = run;
    node->forget = forget;
    node->context = context;
    node->set_next_edges(torch::autograd::collect_next_edges(borrow_all(inputs, input_count)));
    for (int32_t i = 0; i < output_count; i++) {
      Tensor output = borrow(outputs[i]);
      if (differentiable[i]) torch::autograd::set_history(output, node);
      else node->add_input_metadata(torch::autograd::Node::undefined_input());
    }
    return 0;
  });
}

// ---- generators --------------------------------------------------------------------------------------------------

namespace {

at::Generator new_generator(int32_t device_type, int32_t index) {
  if (static_cast<c10::DeviceType>(device_type) == c10::DeviceType::CPU) return at::make_generator<at::CPUGeneratorImpl>();
  return at::globalContext().defaultGenerator(device_of(device_type, index)).clone();
}

int64_t release_generator(at::Generator&& g) { return reinterpret_cast<int64_t>(g.unsafeReleaseGeneratorImpl()); }

}  // namespace

FACE int64_t st_generator(int32_t device_type, int32_t index, uint64_t seed) {
  return guarded([&]() -> int64_t {
    at::Generator g = new_generator(device_type, index);
    g.set_current_seed(seed);
    return release_generator(std::move(g));
  });
}

FACE int64_t st_default_generator() {
  return guarded([&]() -> int64_t { return release_generator(at::Generator(at::globalContext().defaultGenerator(c10::DeviceType::CPU))); });
}

FACE void st_release_generator(int64_t handle) { GeneratorPointer::reclaim(reinterpret_cast<c10::GeneratorImpl*>(handle)).reset(); }

FACE int64_t st_generator_set_seed(int64_t handle, uint64_t seed) {
  return guarded([&]() -> int64_t {
    at::Generator g = borrow_generator(handle);
    std::lock_guard<std::mutex> lock(g.mutex());
    g.set_current_seed(seed);
    return 0;
  });
}

FACE int64_t st_generator_current_seed(int64_t handle, uint64_t* seed) {
  return guarded([&]() -> int64_t { *seed = borrow_generator(handle).current_seed(); return 0; });
}

FACE int64_t st_generator_new_seed(int64_t handle, uint64_t* seed) {
  return guarded([&]() -> int64_t { *seed = borrow_generator(handle).seed(); return 0; });
}

FACE int64_t st_generator_state(int64_t handle, Result* out) {
  return guarded([&]() -> int64_t { *out = result_of(borrow_generator(handle).get_state()); return 0; });
}

FACE int64_t st_generator_set_state(int64_t handle, int64_t state) {
  return guarded([&]() -> int64_t { borrow_generator(handle).set_state(borrow(state)); return 0; });
}

// ---- devices and threads -----------------------------------------------------------------------------------------

FACE int64_t st_cuda_device_count() {
  // Asked through the device guard, whose name did not change between versions as that of the hook did.
  if (!c10::impl::hasDeviceGuardImpl(c10::DeviceType::CUDA) || !at::globalContext().hasCUDA()) return 0;
  return c10::impl::VirtualGuardImpl(c10::DeviceType::CUDA).deviceCount();
}

FACE int64_t st_cuda_seed_all(uint64_t seed) {
  return guarded([&]() -> int64_t {
    for (int i = 0, n = static_cast<int>(st_cuda_device_count()); i < n; i++) {
      at::Generator g = at::globalContext().defaultGenerator(device_of(static_cast<int32_t>(c10::DeviceType::CUDA), i));
      std::lock_guard<std::mutex> lock(g.mutex());
      g.set_current_seed(seed);
    }
    return 0;
  });
}

FACE int64_t st_cuda_synchronize(int32_t index) {
  return guarded([&]() -> int64_t {
    auto device = device_of(static_cast<int32_t>(c10::DeviceType::CUDA), index);
    c10::impl::VirtualGuardImpl guard(c10::DeviceType::CUDA);
    if (index < 0) device = guard.getDevice();
    guard.synchronizeStream(guard.getStream(device));
    return 0;
  });
}

// What `which` names: 0 TF32 in matrix products, 1 TF32 in cuDNN.
FACE int64_t st_allow_tf32(int32_t which) {
  return which == 0 ? at::globalContext().allowTF32CuBLAS() : at::globalContext().allowTF32CuDNN();
}
FACE int64_t st_set_allow_tf32(int32_t which, int32_t allowed) {
  return guarded([&]() -> int64_t {
    if (which == 0) at::globalContext().setAllowTF32CuBLAS(allowed != 0);
    else at::globalContext().setAllowTF32CuDNN(allowed != 0);
    return 0;
  });
}

FACE void st_set_threads(int32_t count) { at::set_num_threads(count); }
FACE int64_t st_threads() { return at::get_num_threads(); }
FACE int64_t st_set_interop_threads(int32_t count) {
  return guarded([&]() -> int64_t { at::set_num_interop_threads(count); return 0; });
}
FACE int64_t st_interop_threads() { return at::get_num_interop_threads(); }

FACE int64_t st_set_default_dtype(int32_t dtype) {
  return guarded([&]() -> int64_t {
    c10::set_default_dtype(c10::scalarTypeToTypeMeta(static_cast<at::ScalarType>(dtype)));
    return 0;
  });
}
FACE int64_t st_default_dtype() { return static_cast<int64_t>(c10::get_default_dtype_as_scalartype()); }
