namespace Microsoft.ML.Data;

/// <summary>The argument checks of this assembly; the exceptions are the packages'.</summary>
internal static class Checks
{
    internal static void Param(bool condition, string name, string message = null)
    {
        if (!condition)
            throw message is null ? new ArgumentOutOfRangeException(name) : new ArgumentOutOfRangeException(name, message);
    }

    internal static T Value<T>(T value, string name) where T : class => value ?? throw new ArgumentNullException(name);

    internal static string NonEmpty(string value, string name) =>
        string.IsNullOrEmpty(value) ? throw new ArgumentNullException(name) : value;
}
