namespace TorchSharp.Interop;

internal static partial class Aten
{
    internal static readonly Operator bernoulli = new("aten::bernoulli", 2);
    internal static readonly Operator bernoulli__Tensor = new("aten::bernoulli_.Tensor", 3);
    internal static readonly Operator bernoulli__float = new("aten::bernoulli_.float", 3);
    internal static readonly Operator cauchy_ = new("aten::cauchy_", 4);
    internal static readonly Operator exponential_ = new("aten::exponential_", 3);
    internal static readonly Operator geometric_ = new("aten::geometric_", 3);
    internal static readonly Operator log_normal_ = new("aten::log_normal_", 4);
    internal static readonly Operator multinomial = new("aten::multinomial", 4);
    internal static readonly Operator normal_ = new("aten::normal_", 4);
    internal static readonly Operator poisson = new("aten::poisson", 2);
    internal static readonly Operator random__from = new("aten::random_.from", 4);
    internal static readonly Operator uniform_ = new("aten::uniform_", 4);
}
