namespace TorchSharp.Interop;

internal static partial class Aten
{
    internal static readonly Operator abs = new("aten::abs", 1);
    internal static readonly Operator bitwise_not = new("aten::bitwise_not", 1);
    internal static readonly Operator cos = new("aten::cos", 1);
    internal static readonly Operator digamma = new("aten::digamma", 1);
    internal static readonly Operator erfc = new("aten::erfc", 1);
    internal static readonly Operator erf = new("aten::erf", 1);
    internal static readonly Operator erfinv = new("aten::erfinv", 1);
    internal static readonly Operator exp = new("aten::exp", 1);
    internal static readonly Operator expm1 = new("aten::expm1", 1);
    internal static readonly Operator floor = new("aten::floor", 1);
    internal static readonly Operator isfinite = new("aten::isfinite", 1);
    internal static readonly Operator lgamma = new("aten::lgamma", 1);
    internal static readonly Operator log = new("aten::log", 1);
    internal static readonly Operator log1p = new("aten::log1p", 1);
    internal static readonly Operator logit = new("aten::logit", 2);
    internal static readonly Operator nan_to_num = new("aten::nan_to_num", 4);
    internal static readonly Operator neg = new("aten::neg", 1);
    internal static readonly Operator round = new("aten::round", 1);
    internal static readonly Operator round_decimals = new("aten::round.decimals", 2);
    internal static readonly Operator sigmoid = new("aten::sigmoid", 1);
    internal static readonly Operator sigmoid_ = new("aten::sigmoid_", 1);
    internal static readonly Operator sign = new("aten::sign", 1);
    internal static readonly Operator sin = new("aten::sin", 1);
    internal static readonly Operator special_digamma = new("aten::special_digamma", 1);
    internal static readonly Operator special_erf = new("aten::special_erf", 1);
    internal static readonly Operator special_erfinv = new("aten::special_erfinv", 1);
    internal static readonly Operator special_expm1 = new("aten::special_expm1", 1);
    internal static readonly Operator special_gammainc = new("aten::special_gammainc", 2);
    internal static readonly Operator special_gammaincc = new("aten::special_gammaincc", 2);
    internal static readonly Operator special_logit = new("aten::special_logit", 1);
    internal static readonly Operator special_ndtri = new("aten::special_ndtri", 1);
    internal static readonly Operator sqrt = new("aten::sqrt", 1);
    internal static readonly Operator square = new("aten::square", 1);
    internal static readonly Operator tanh = new("aten::tanh", 1);
    internal static readonly Operator tanh_ = new("aten::tanh_", 1);
}
