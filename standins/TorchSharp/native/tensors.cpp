// Tensors: what is asked of a handle, and tensors of and over host memory.
#include "face.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>

#include <algorithm>
#include <cstring>

using namespace standin;

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
