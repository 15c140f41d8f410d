// Gradients, their modes, and functions with a backward of their own.
#include "face.h"

#include <c10/core/GradMode.h>
#include <c10/core/InferenceMode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/edge.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/functions/utils.h>
#include <torch/csrc/autograd/variable.h>

#include <memory>
#include <vector>

using namespace standin;

namespace {

std::vector<Tensor> borrow_all(const int64_t* handles, int32_t count) {
  std::vector<Tensor> list;
  list.reserve(count);
  for (int32_t i = 0; i < count; i++) list.push_back(borrow(handles[i]));
  return list;
}

}  // namespace

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
