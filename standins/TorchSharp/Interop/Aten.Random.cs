namespace TorchSharp.Interop;

internal static partial class Aten
{
    internal static readonly Operator multinomial = new("aten::multinomial", 4);
    internal static readonly Operator normal_ = new("aten::normal_", 4);
    internal static readonly Operator uniform_ = new("aten::uniform_", 4);
}
