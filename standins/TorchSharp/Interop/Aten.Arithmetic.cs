namespace TorchSharp.Interop;

internal static partial class Aten
{
    internal static readonly Operator add_Scalar = new("aten::add.Scalar", 3);
    internal static readonly Operator add_Tensor = new("aten::add.Tensor", 3);
    internal static readonly Operator add__Scalar = new("aten::add_.Scalar", 3);
    internal static readonly Operator add__Tensor = new("aten::add_.Tensor", 3);
    internal static readonly Operator addcdiv_ = new("aten::addcdiv_", 4);
    internal static readonly Operator addcmul = new("aten::addcmul", 4);
    internal static readonly Operator addcmul_ = new("aten::addcmul_", 4);
    internal static readonly Operator clamp = new("aten::clamp", 3);
    internal static readonly Operator clamp_ = new("aten::clamp_", 3);
    internal static readonly Operator clamp_Tensor = new("aten::clamp.Tensor", 3);
    internal static readonly Operator clamp__Tensor = new("aten::clamp_.Tensor", 3);
    internal static readonly Operator clamp_max = new("aten::clamp_max", 2);
    internal static readonly Operator clamp_min = new("aten::clamp_min", 2);
    internal static readonly Operator cumprod = new("aten::cumprod", 3);
    internal static readonly Operator cumsum = new("aten::cumsum", 3);
    internal static readonly Operator div_Tensor = new("aten::div.Tensor", 2);
    internal static readonly Operator div__Scalar_mode = new("aten::div_.Scalar_mode", 3);
    internal static readonly Operator div__Tensor = new("aten::div_.Tensor", 2);
    internal static readonly Operator div__Tensor_mode = new("aten::div_.Tensor_mode", 3);
    internal static readonly Operator lerp_Tensor = new("aten::lerp.Tensor", 3);
    internal static readonly Operator maximum = new("aten::maximum", 2);
    internal static readonly Operator mul_Tensor = new("aten::mul.Tensor", 2);
    internal static readonly Operator mul__Tensor = new("aten::mul_.Tensor", 2);
    internal static readonly Operator pow_Tensor_Scalar = new("aten::pow.Tensor_Scalar", 2);
    internal static readonly Operator pow_Tensor_Tensor = new("aten::pow.Tensor_Tensor", 2);
    internal static readonly Operator remainder_Scalar = new("aten::remainder.Scalar", 2);
    internal static readonly Operator remainder_Tensor = new("aten::remainder.Tensor", 2);
    internal static readonly Operator sub_Tensor = new("aten::sub.Tensor", 2);
    internal static readonly Operator sub__Tensor = new("aten::sub_.Tensor", 2);
}
