using System.IO.Compression;
using Microsoft.ML.StateSpace.Trainers;

namespace Microsoft.ML.StateSpace.Tool.Files;

/// <summary>A model read from its file.</summary>
internal sealed class ModelFile : IDisposable
{
    private ModelFile(MLContext context, ITransformer transformer, DeepMarkovTransformer stateSpace)
    {
        Context = context;
        Transformer = transformer;
        StateSpace = stateSpace;
    }

    public MLContext Context { get; }

    /// <summary>The whole model: the state space part, alone or in a chain.</summary>
    public ITransformer Transformer { get; }

    /// <summary>The state space part.</summary>
    public DeepMarkovTransformer StateSpace { get; }

    /// <summary>Reads a model onto a device.</summary>
    /// <exception cref="UsageException">The device has no such name.</exception>
    /// <exception cref="InvalidOperationException">A GPU was asked for and is not there.</exception>
    /// <exception cref="InvalidDataException">The file is no such model, damaged, or of a newer version.</exception>
    public static ModelFile Load(string path, string device)
    {
        if (!DeviceChoice.IsKnown(device))
            throw new UsageException($"--device '{device}': write cpu, cuda, cuda:N or auto");
        RequireModel(InputFile.Require(path));
        var context = new MLContext { FallbackToCpu = device == "auto" };
        if (device != "cpu")
            context.GpuDeviceId = device.Split(':') is [_, var number] ? int.Parse(number) : 0;
        // Asked here as well, so that a missing GPU is not taken for a damaged model.
        DeviceChoice.Resolve(null, context.GpuDeviceId, context.FallbackToCpu);
        ITransformer transformer = Read(context, path);
        DeepMarkovTransformer stateSpace = Parts(transformer).OfType<DeepMarkovTransformer>().FirstOrDefault()
            ?? throw new InvalidDataException($"'{path}' holds a model, but no state space model");
        return new ModelFile(context, transformer, stateSpace);
    }

    /// <summary>The parts of a chain, or the model itself.</summary>
    public static IEnumerable<ITransformer> Parts(ITransformer model) =>
        model is IEnumerable<ITransformer> chain ? chain.SelectMany(Parts) : [model];

    /// <summary>The data as they come to the state space part: what stands before it in a chain has worked on them.</summary>
    public IDataView BeforeStateSpace(IDataView data) =>
        Parts(Transformer).TakeWhile(part => !ReferenceEquals(part, StateSpace)).Aggregate(data, (rows, part) => part.Transform(rows));

    public void Dispose() => (Transformer as IDisposable)?.Dispose();

    // Looked at before ML.NET does, which takes any other file for a model of its own first formats.
    private static void RequireModel(string path)
    {
        try
        {
            using ZipArchive zip = ZipFile.OpenRead(path);
            if (zip.Entries.Any(entry => entry.Name == "Model.key"))
                return;
        }
        catch (Exception error) when (error is IOException or InvalidDataException)
        {
            throw new InvalidDataException($"'{path}' is no model, or a truncated or damaged one; copy or save it again", error);
        }

        throw new InvalidDataException($"'{path}' is a zip file, but holds no model");
    }

    private static ITransformer Read(MLContext context, string path)
    {
        try
        {
            return context.Model.Load(path, out _);
        }
        catch (Exception error) when (error is InvalidOperationException or FormatException or InvalidDataException or ArgumentException
            or NotSupportedException or EndOfStreamException or FileNotFoundException or FileLoadException or System.Reflection.TargetInvocationException)
        {
            // ML.NET wraps what a model's own loader says; it loads the assembly that the model names, which damage may have renamed.
            throw new InvalidDataException($"'{path}' cannot be read as a model: {error.GetBaseException().Message}", error);
        }
    }
}
