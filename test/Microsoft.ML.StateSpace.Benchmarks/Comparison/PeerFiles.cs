using System.Text.Json;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Benchmarks;

/// <summary>What the peers read: tensors as safetensors, and a JSON file of what to do.</summary>
internal static class PeerFiles
{
    /// <summary>Writes named tensors.</summary>
    public static void Write(string path, IReadOnlyDictionary<string, Tensor> tensors)
    {
        using var stream = File.Create(path);
        SafeTensors.Write(stream, tensors);
    }

    /// <summary>Writes sequences one after another, observations [Σ length, D], and their lengths; other tensors beside them.</summary>
    public static void Write(string path, IReadOnlyList<Sequence> sequences, IReadOnlyDictionary<string, Tensor>? others = null)
    {
        using var scope = NewDisposeScope();
        float[] values = [.. sequences.SelectMany(s => s.Observations.ToArray())];
        Write(path, new Dictionary<string, Tensor>(others ?? new Dictionary<string, Tensor>())
        {
            ["observations"] = tensor(values, [values.Length / sequences[0].ObservationSize, sequences[0].ObservationSize]),
            ["lengths"] = tensor(sequences.Select(s => (long)s.Length).ToArray()),
        });
    }

    /// <summary>Writes a specification to a file of its own in the folder, and gives its path.</summary>
    public static string Specify(string folder, object specification)
    {
        string path = Path.Combine(folder, $"{Guid.NewGuid()}.json");
        File.WriteAllText(path, JsonSerializer.Serialize(specification));
        return path;
    }
}
