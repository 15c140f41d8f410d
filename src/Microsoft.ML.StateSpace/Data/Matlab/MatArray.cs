namespace Microsoft.ML.StateSpace.Data.Matlab;

/// <summary>A matrix or a cell array of a MATLAB file.</summary>
/// <param name="Name">The variable's name; empty within a cell array.</param>
/// <param name="Rows">The rows.</param>
/// <param name="Columns">The columns.</param>
/// <param name="Numbers">Rows·Columns numbers, row-major; null for a cell array.</param>
/// <param name="Cells">The cells in the file's (column-major) order; null for a matrix.</param>
internal sealed record MatArray(string Name, int Rows, int Columns, float[]? Numbers, IReadOnlyList<MatArray>? Cells);
