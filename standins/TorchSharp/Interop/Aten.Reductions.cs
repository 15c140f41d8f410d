namespace TorchSharp.Interop;

internal static partial class Aten
{
    internal static readonly Operator all = new("aten::all", 1);
    internal static readonly Operator all_dim = new("aten::all.dim", 3);
    internal static readonly Operator amax = new("aten::amax", 3);
    internal static readonly Operator amax_out = new("aten::amax.out", 4);
    internal static readonly Operator amin = new("aten::amin", 3);
    internal static readonly Operator amin_out = new("aten::amin.out", 4);
    internal static readonly Operator any = new("aten::any", 1);
    internal static readonly Operator any_dim = new("aten::any.dim", 3);
    internal static readonly Operator argmax = new("aten::argmax", 3);
    internal static readonly Operator cummax = new("aten::cummax", 2);
    internal static readonly Operator cummin = new("aten::cummin", 2);
    internal static readonly Operator kthvalue = new("aten::kthvalue", 4);
    internal static readonly Operator logsumexp = new("aten::logsumexp", 3);
    internal static readonly Operator max = new("aten::max", 1);
    internal static readonly Operator max_dim = new("aten::max.dim", 3);
    internal static readonly Operator max_other = new("aten::max.other", 2);
    internal static readonly Operator mean = new("aten::mean", 1);
    internal static readonly Operator mean_dim = new("aten::mean.dim", 4);
    internal static readonly Operator min = new("aten::min", 1);
    internal static readonly Operator min_dim = new("aten::min.dim", 3);
    internal static readonly Operator min_other = new("aten::min.other", 2);
    internal static readonly Operator mode = new("aten::mode", 3);
    internal static readonly Operator norm_Scalar = new("aten::norm.Scalar", 2);
    internal static readonly Operator prod = new("aten::prod", 2);
    internal static readonly Operator prod_dim_int = new("aten::prod.dim_int", 4);
    internal static readonly Operator std = new("aten::std", 2);
    internal static readonly Operator std_dim = new("aten::std.dim", 4);
    internal static readonly Operator std_mean = new("aten::std_mean", 2);
    internal static readonly Operator std_mean_dim = new("aten::std_mean.dim", 4);
    internal static readonly Operator sum = new("aten::sum", 2);
    internal static readonly Operator sum_dim_IntList = new("aten::sum.dim_IntList", 4);
    internal static readonly Operator var = new("aten::var", 2);
    internal static readonly Operator var_dim = new("aten::var.dim", 4);
    internal static readonly Operator var_mean = new("aten::var_mean", 2);
    internal static readonly Operator var_mean_dim = new("aten::var_mean.dim", 4);
}
