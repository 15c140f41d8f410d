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
}
