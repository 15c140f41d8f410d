namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public Tensor abs() => Aten.abs.Call(this);
        public Tensor cos() => Aten.cos.Call(this);
        public Tensor digamma() => Aten.digamma.Call(this);
        public Tensor erf() => Aten.erf.Call(this);
        public Tensor erfc() => Aten.erfc.Call(this);
        public Tensor erfinv() => Aten.erfinv.Call(this);
        public Tensor exp() => Aten.exp.Call(this);
        public Tensor expm1() => Aten.expm1.Call(this);
        public Tensor floor() => Aten.floor.Call(this);
        public Tensor lgamma() => Aten.lgamma.Call(this);
        public Tensor log() => Aten.log.Call(this);
        public Tensor log1p() => Aten.log1p.Call(this);
        public Tensor logit(double? eps = null) => Aten.logit.Call(this, eps);
        public Tensor neg() => Aten.neg.Call(this);
        public Tensor sigmoid() => Aten.sigmoid.Call(this);
        public Tensor sigmoid_() => Aten.sigmoid_.Update(this);
        public Tensor sign() => Aten.sign.Call(this);
        public Tensor sin() => Aten.sin.Call(this);
        public Tensor sqrt() => Aten.sqrt.Call(this);
        public Tensor square() => Aten.square.Call(this);
        public Tensor tanh() => Aten.tanh.Call(this);
        public Tensor tanh_() => Aten.tanh_.Update(this);
        public Tensor isfinite() => Aten.isfinite.Call(this);
        public Tensor round(long decimals = 0) => decimals == 0 ? Aten.round.Call(this) : Aten.round_decimals.Call(this, decimals);
        public Tensor nan_to_num(double nan = 0, double? posinf = null, double? neginf = null) => Aten.nan_to_num.Call(this, nan, posinf, neginf);
        public Tensor bitwise_not() => Aten.bitwise_not.Call(this);
    }
}
