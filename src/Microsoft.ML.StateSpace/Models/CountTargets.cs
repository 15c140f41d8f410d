namespace Microsoft.ML.StateSpace.Models;

/// <summary>What a target must be to be a count.</summary>
internal static class CountTargets
{
    public static string? FaultOf(float value, string emission) => value >= 0 && float.IsInteger(value) ? null
        : $"{value} is no count: the targets of a {emission} must be whole numbers of at least 0; use a GaussianEmission for other numbers";
}
