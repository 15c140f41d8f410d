using TorchSharp;
using TorchSharp.Modules;

namespace Microsoft.ML.StateSpace.Bounds;

/// <summary>A module whose parameters take no gradient from what is computed until this is disposed; gradients still flow
/// through to its inputs.</summary>
internal sealed class Frozen : IDisposable
{
    private readonly Parameter[] _parameters;

    public Frozen(torch.nn.Module module)
    {
        _parameters = [.. module.parameters().Where(p => p.requires_grad)];
        foreach (var parameter in _parameters)
            parameter.requires_grad = false;
    }

    public void Dispose()
    {
        foreach (var parameter in _parameters)
            parameter.requires_grad = true;
    }
}
