namespace TorchSharp.Interop;

internal static partial class Aten
{
    internal static readonly Operator _unique2 = new("aten::_unique2", 4);
    internal static readonly Operator argsort = new("aten::argsort", 3);
    internal static readonly Operator bucketize_Tensor = new("aten::bucketize.Tensor", 4);
    internal static readonly Operator copy_ = new("aten::copy_", 3);
    internal static readonly Operator fill__Scalar = new("aten::fill_.Scalar", 2);
    internal static readonly Operator gather = new("aten::gather", 4);
    internal static readonly Operator index_Tensor = new("aten::index.Tensor", 2);
    internal static readonly Operator index_add = new("aten::index_add", 5);
    internal static readonly Operator index_add_ = new("aten::index_add_", 5);
    internal static readonly Operator index_copy_ = new("aten::index_copy_", 4);
    internal static readonly Operator index_put_ = new("aten::index_put_", 4);
    internal static readonly Operator index_select = new("aten::index_select", 3);
    internal static readonly Operator masked_fill__Scalar = new("aten::masked_fill_.Scalar", 3);
    internal static readonly Operator masked_fill_Scalar = new("aten::masked_fill.Scalar", 3);
    internal static readonly Operator masked_scatter_ = new("aten::masked_scatter_", 3);
    internal static readonly Operator masked_select = new("aten::masked_select", 2);
    internal static readonly Operator normal_Tensor_Tensor = new("aten::normal.Tensor_Tensor", 3);
    internal static readonly Operator scatter_add_ = new("aten::scatter_add_", 4);
    internal static readonly Operator searchsorted_Scalar = new("aten::searchsorted.Scalar", 6);
    internal static readonly Operator searchsorted_Tensor = new("aten::searchsorted.Tensor", 6);
    internal static readonly Operator select_int = new("aten::select.int", 3);
    internal static readonly Operator slice_Tensor = new("aten::slice.Tensor", 5);
    internal static readonly Operator slice_scatter = new("aten::slice_scatter", 6);
    internal static readonly Operator sort_stable = new("aten::sort.stable", 4);
    internal static readonly Operator topk = new("aten::topk", 5);
    internal static readonly Operator unique_consecutive = new("aten::unique_consecutive", 4);
    internal static readonly Operator unique_dim = new("aten::unique_dim", 5);
    internal static readonly Operator unsqueeze = new("aten::unsqueeze", 2);
    internal static readonly Operator zero_ = new("aten::zero_", 1);
}
