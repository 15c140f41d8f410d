using System.Text.Json;
using Microsoft.ML.StateSpace.Data.Synthetic;

namespace Microsoft.ML.StateSpace.Tool.Commands;

/// <summary>A linear system as JSON: what an exact filter needs. Matrices are lists of rows, for row vectors: z W + b and z C.</summary>
internal sealed record LinearSystemDescription(
    string Name, double InitialVariance, double TransitionVariance, double ObservationVariance, double[][] Transition, double[] Offset, double[][] Emission)
{
    private static readonly JsonSerializerOptions Form = new(JsonSerializerDefaults.Web);

    /// <summary>The description of a system whose transition is linear; null for others.</summary>
    public static LinearSystemDescription? Of(SyntheticSystem system) => system.LinearTransition is { } map
        ? new LinearSystemDescription(
            system.Name, system.InitialVariance, system.TransitionVariance, system.ObservationVariance, Rows(map.Matrix), map.Offset, Rows(system.Emission))
        : null;

    public string ToJson() => JsonSerializer.Serialize(this, Form);

    private static double[][] Rows(double[,] matrix) =>
        [.. Enumerable.Range(0, matrix.GetLength(0)).Select(i => Enumerable.Range(0, matrix.GetLength(1)).Select(j => matrix[i, j]).ToArray())];
}
