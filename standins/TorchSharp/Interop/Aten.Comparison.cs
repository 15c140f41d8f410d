namespace TorchSharp.Interop;

internal static partial class Aten
{
    internal static readonly Operator allclose = new("aten::allclose", 5);
    internal static readonly Operator bitwise_and_Tensor = new("aten::bitwise_and.Tensor", 2);
    internal static readonly Operator bitwise_or_Tensor = new("aten::bitwise_or.Tensor", 2);
    internal static readonly Operator bitwise_right_shift_Tensor = new("aten::bitwise_right_shift.Tensor", 2);
    internal static readonly Operator bitwise_xor_Tensor = new("aten::bitwise_xor.Tensor", 2);
    internal static readonly Operator eq_Tensor = new("aten::eq.Tensor", 2);
    internal static readonly Operator ge_Tensor = new("aten::ge.Tensor", 2);
    internal static readonly Operator gt_Tensor = new("aten::gt.Tensor", 2);
    internal static readonly Operator isclose = new("aten::isclose", 5);
    internal static readonly Operator isin_Tensor_Tensor = new("aten::isin.Tensor_Tensor", 4);
    internal static readonly Operator le_Tensor = new("aten::le.Tensor", 2);
    internal static readonly Operator logical_and = new("aten::logical_and", 2);
    internal static readonly Operator logical_or = new("aten::logical_or", 2);
    internal static readonly Operator lt_Tensor = new("aten::lt.Tensor", 2);
    internal static readonly Operator ne_Tensor = new("aten::ne.Tensor", 2);
    internal static readonly Operator where = new("aten::where", 1);
    internal static readonly Operator where_self = new("aten::where.self", 3);
}
