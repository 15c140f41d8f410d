namespace TorchSharp.Interop;

/// <summary>Operators by name, with the number of arguments that this library gives at most.</summary>
internal static partial class Aten
{
    internal static readonly Operator arange_start_step = new("aten::arange.start_step", 6);
    internal static readonly Operator detach = new("aten::detach", 1);
    internal static readonly Operator empty_like = new("aten::empty_like", 4);
    internal static readonly Operator empty_memory_format = new("aten::empty.memory_format", 4);
    internal static readonly Operator equal = new("aten::equal", 2);
    internal static readonly Operator eye_m = new("aten::eye.m", 5);
    internal static readonly Operator full = new("aten::full", 5);
    internal static readonly Operator full_like = new("aten::full_like", 5);
    internal static readonly Operator is_nonzero = new("aten::is_nonzero", 1);
    internal static readonly Operator item = new("aten::item", 1);
    internal static readonly Operator linalg_qr = new("aten::linalg_qr", 2);
    internal static readonly Operator linspace = new("aten::linspace", 6);
    internal static readonly Operator logspace = new("aten::logspace", 7);
    internal static readonly Operator maximum_out = new("aten::maximum.out", 3);
    internal static readonly Operator normal_float_float = new("aten::normal.float_float", 7);
    internal static readonly Operator ones = new("aten::ones", 4);
    internal static readonly Operator ones_like = new("aten::ones_like", 4);
    internal static readonly Operator rand_generator = new("aten::rand.generator", 5);
    internal static readonly Operator rand_like = new("aten::rand_like", 4);
    internal static readonly Operator randint_low_generator = new("aten::randint.low_generator", 7);
    internal static readonly Operator randn_generator = new("aten::randn.generator", 5);
    internal static readonly Operator randn_like = new("aten::randn_like", 4);
    internal static readonly Operator randperm_generator = new("aten::randperm.generator", 5);
    internal static readonly Operator size_int = new("aten::size.int", 2);
    internal static readonly Operator to_device = new("aten::to.device", 5);
    internal static readonly Operator to_dtype = new("aten::to.dtype", 4);
    internal static readonly Operator zeros = new("aten::zeros", 4);
    internal static readonly Operator zeros_like = new("aten::zeros_like", 4);
}
