using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Microsoft.ML.StateSpace.Tool.Batch;

/// <summary>How journals and manifests are written.</summary>
internal static class BatchJson
{
    /// <summary>On one line.</summary>
    public static readonly JsonSerializerOptions Line = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        RespectNullableAnnotations = true,
    };

    /// <summary>For people as well.</summary>
    public static readonly JsonSerializerOptions Indented = new(Line) { WriteIndented = true, NewLine = "\n" };
}
