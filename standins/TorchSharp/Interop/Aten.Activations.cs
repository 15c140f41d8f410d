namespace TorchSharp.Interop;

internal static partial class Aten
{
    internal static readonly Operator leaky_relu = new("aten::leaky_relu", 2);
    internal static readonly Operator leaky_relu_ = new("aten::leaky_relu_", 2);
    internal static readonly Operator log_softmax_int = new("aten::log_softmax.int", 3);
    internal static readonly Operator relu = new("aten::relu", 1);
    internal static readonly Operator relu_ = new("aten::relu_", 1);
    internal static readonly Operator silu = new("aten::silu", 1);
    internal static readonly Operator silu_ = new("aten::silu_", 1);
    internal static readonly Operator softmax_int = new("aten::softmax.int", 3);
}
