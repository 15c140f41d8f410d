namespace TorchSharp.Interop;

internal static partial class Aten
{
    internal static readonly Operator alias = new("aten::alias", 1);
    internal static readonly Operator broadcast_tensors = new("aten::broadcast_tensors", 1);
    internal static readonly Operator cat = new("aten::cat", 2);
    internal static readonly Operator chunk = new("aten::chunk", 3);
    internal static readonly Operator clone = new("aten::clone", 1);
    internal static readonly Operator pin_memory = new("aten::pin_memory", 1);
    internal static readonly Operator is_pinned = new("aten::is_pinned", 1);
    internal static readonly Operator column_stack = new("aten::column_stack", 1);
    internal static readonly Operator contiguous = new("aten::contiguous", 1);
    internal static readonly Operator diag = new("aten::diag", 2);
    internal static readonly Operator diag_embed = new("aten::diag_embed", 4);
    internal static readonly Operator diagonal = new("aten::diagonal", 4);
    internal static readonly Operator diff = new("aten::diff", 5);
    internal static readonly Operator dstack = new("aten::dstack", 1);
    internal static readonly Operator expand = new("aten::expand", 3);
    internal static readonly Operator expand_as = new("aten::expand_as", 2);
    internal static readonly Operator flatten_using_ints = new("aten::flatten.using_ints", 3);
    internal static readonly Operator hstack = new("aten::hstack", 1);
    internal static readonly Operator meshgrid_indexing = new("aten::meshgrid.indexing", 2);
    internal static readonly Operator narrow = new("aten::narrow", 4);
    internal static readonly Operator permute = new("aten::permute", 2);
    internal static readonly Operator repeat = new("aten::repeat", 2);
    internal static readonly Operator repeat_interleave_self_Tensor = new("aten::repeat_interleave.self_Tensor", 4);
    internal static readonly Operator repeat_interleave_self_int = new("aten::repeat_interleave.self_int", 4);
    internal static readonly Operator reshape = new("aten::reshape", 2);
    internal static readonly Operator roll = new("aten::roll", 3);
    internal static readonly Operator split_Tensor = new("aten::split.Tensor", 3);
    internal static readonly Operator split_with_sizes = new("aten::split_with_sizes", 3);
    internal static readonly Operator squeeze = new("aten::squeeze", 1);
    internal static readonly Operator squeeze_ = new("aten::squeeze_", 1);
    internal static readonly Operator squeeze__dim = new("aten::squeeze_.dim", 2);
    internal static readonly Operator squeeze_dim = new("aten::squeeze.dim", 2);
    internal static readonly Operator stack = new("aten::stack", 2);
    internal static readonly Operator t = new("aten::t", 1);
    internal static readonly Operator transpose_int = new("aten::transpose.int", 3);
    internal static readonly Operator tril = new("aten::tril", 2);
    internal static readonly Operator unbind_int = new("aten::unbind.int", 2);
    internal static readonly Operator unfold = new("aten::unfold", 4);
    internal static readonly Operator view = new("aten::view", 2);
    internal static readonly Operator view_as = new("aten::view_as", 2);
    internal static readonly Operator vstack = new("aten::vstack", 1);
}
