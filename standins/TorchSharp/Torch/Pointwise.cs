namespace TorchSharp;

public static partial class torch
{
    public static Tensor abs(Tensor input) => input.abs();
    public static Tensor cos(Tensor input) => input.cos();
    public static Tensor digamma(Tensor input) => input.digamma();
    public static Tensor erf(Tensor input) => input.erf();
    public static Tensor erfinv(Tensor input) => input.erfinv();
    public static Tensor exp(Tensor input) => input.exp();
    public static Tensor expm1(Tensor input) => input.expm1();
    public static Tensor floor(Tensor input) => input.floor();
    public static Tensor lgamma(Tensor input) => input.lgamma();
    public static Tensor log(Tensor input) => input.log();
    public static Tensor log1p(Tensor input) => input.log1p();
    public static Tensor neg(Tensor input) => input.neg();
    public static Tensor sigmoid(Tensor input) => input.sigmoid();
    public static Tensor sign(Tensor input) => input.sign();
    public static Tensor sin(Tensor input) => input.sin();
    public static Tensor sqrt(Tensor input) => input.sqrt();
    public static Tensor tanh(Tensor input) => input.tanh();
    public static Tensor tanh_(Tensor input) => input.tanh_();
    public static Tensor square(Tensor input) => input.square();
    public static Tensor isfinite(Tensor tensor) => tensor.isfinite();
    public static Tensor round(Tensor input, long decimals = 0) => input.round(decimals);
    public static Tensor nan_to_num(Tensor input, double nan = 0, double? posinf = null, double? neginf = null) =>
        input.nan_to_num(nan, posinf, neginf);
    public static Tensor logit(Tensor input, double? eps = null) => input.logit(eps);
    public static Tensor softmax(Tensor input, int dim, ScalarType? dtype = null) => input.softmax(dim, dtype);
}
