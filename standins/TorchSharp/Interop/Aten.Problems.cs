using System.Reflection;

namespace TorchSharp.Interop;

internal static partial class Aten
{
    /// <summary>Binds every operator this library uses and names those that the LibTorch at hand does not have in that form.</summary>
    internal static IReadOnlyList<string> Problems() => Operators().Select(o => o.Problem()).OfType<string>().ToList();

    internal static IEnumerable<Operator> Operators() =>
        typeof(Aten).GetFields(BindingFlags.Static | BindingFlags.NonPublic).Select(f => f.GetValue(null)).OfType<Operator>();
}
