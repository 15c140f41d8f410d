using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace;

/// <summary>What TorchSharp's own functions on dispose scopes leave to be desired.</summary>
internal static class TensorScopes
{
    /// <summary>Hands a tensor to a dispose scope, which may be its own already.</summary>
    /// <remarks>TorchSharp takes a tensor that is moved to its own scope out of it, and ends the process when the tensor is collected
    /// after the scope is over.</remarks>
    public static Tensor KeepIn(this Tensor tensor, DisposeScope scope) => scope.Contains(tensor) ? tensor : tensor.MoveToOtherDisposeScope(scope);
}
