using Microsoft.ML.Data;

namespace Microsoft.ML.StateSpace.Trainers;

internal static class Scores
{
    /// <summary>Copies values into a consumer's buffer, reusing its memory.</summary>
    public static void CopyTo(float[] values, ref VBuffer<float> buffer)
    {
        var editor = VBufferEditor.Create(ref buffer, values.Length);
        values.CopyTo(editor.Values);
        buffer = editor.Commit();
    }

    /// <summary>Says which row's scores cannot be given out, and why.</summary>
    public static ArithmeticException Refusal(long row, DataViewSchema.Column column, string fault) => new($"row {row}, column '{column.Name}': {fault}");
}
