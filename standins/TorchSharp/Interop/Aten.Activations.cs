namespace TorchSharp.Interop;

internal static partial class Aten
{
    internal static readonly Operator celu = new("aten::celu", 2);
    internal static readonly Operator gelu = new("aten::gelu", 1);
    internal static readonly Operator gelu_ = new("aten::gelu_", 1);
    internal static readonly Operator glu = new("aten::glu", 2);
    internal static readonly Operator hardsigmoid = new("aten::hardsigmoid", 1);
    internal static readonly Operator hardswish = new("aten::hardswish", 1);
    internal static readonly Operator leaky_relu = new("aten::leaky_relu", 2);
    internal static readonly Operator leaky_relu_ = new("aten::leaky_relu_", 2);
    internal static readonly Operator log_softmax_int = new("aten::log_softmax.int", 3);
    internal static readonly Operator prelu = new("aten::prelu", 2);
    internal static readonly Operator relu = new("aten::relu", 1);
    internal static readonly Operator relu6 = new("aten::relu6", 1);
    internal static readonly Operator relu_ = new("aten::relu_", 1);
    internal static readonly Operator selu = new("aten::selu", 1);
    internal static readonly Operator silu = new("aten::silu", 1);
    internal static readonly Operator silu_ = new("aten::silu_", 1);
    internal static readonly Operator softmax_int = new("aten::softmax.int", 3);
    internal static readonly Operator threshold = new("aten::threshold", 3);
}
