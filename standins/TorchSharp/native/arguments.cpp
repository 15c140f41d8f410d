// What a call passes, turned into what the operator's schema wants.
#include "operators.h"

#include <ATen/ScalarOps.h>

#include <cstring>
#include <type_traits>

namespace standin {

namespace {

// c10::optional became std::optional along the way; take whichever this LibTorch uses.
template <class T> struct OptionalOf;
template <template <class...> class O, class V> struct OptionalOf<O<V>> { template <class U> using type = O<U>; };
using OptionalTensor = OptionalOf<std::decay_t<decltype(std::declval<const c10::Argument&>().default_value())>>::type<Tensor>;

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

}  // namespace

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

}  // namespace standin
