using Microsoft.ML;
using Microsoft.ML.Runtime;
using Microsoft.ML.StateSpace.Trainers;
using Microsoft.ML.StateSpace.Trainers.Interop;

// By this the model, which names this assembly and the signature, finds its loader without any registration call.
[assembly: LoadableClass("Deep Markov model", typeof(DeepMarkovTransformer), typeof(DeepMarkovModelFile), null,
    typeof(SignatureLoadModel), "Deep Markov model", DeepMarkovModelFile.LoaderSignature)]

namespace Microsoft.ML.StateSpace.Trainers.Interop;

/// <summary>A <see cref="DeepMarkovTransformer"/> inside an ML.NET model file: its version, and how it is found again.</summary>
internal static class DeepMarkovModelFile
{
    /// <summary>At most 24 characters.</summary>
    public const string LoaderSignature = "DeepMarkovTransformer";

    // 1.3: the units that a model computes in; a model of 1.2 computes in those of the data.
    // Raise Written with every change of what is written; raise Readable as well when an older library could not make sense of it.
    private const uint Written = 0x00010003, Readable = 0x00010003, Oldest = 0x00010002;

    private static VersionInfo Version => new(
        modelSignature: "DMM SSM ",
        verWrittenCur: Written,
        verReadableCur: Readable,
        verWeCanReadBack: Oldest,
        loaderAssemblyName: typeof(DeepMarkovTransformer).Assembly.FullName,
        loaderSignature: LoaderSignature);

    /// <summary>Saves what <paramref name="write"/> writes.</summary>
    public static void Save(ModelSaveContext context, Action<ModelStreamWriter> write)
    {
        ArgumentNullException.ThrowIfNull(context);
        context.CheckAtModel();
        context.SetVersionInfo(Version);
        var writer = new ModelStreamWriter(context);
        write(writer);
        writer.Finish();
    }

    private static string Text(uint version) => $"{version >> 16}.{version & 0xFFFF}";

    // ML.NET finds this method by its name and parameters.
    private static DeepMarkovTransformer Create(IHostEnvironment env, ModelLoadContext context)
    {
        if (context.Header.ModelVerReadable > Written)
            throw new InvalidDataException($"The model was saved by a newer version of Microsoft.ML.StateSpace (its format is "
                + $"{Text(context.Header.ModelVerReadable)}, this version reads {Text(Written)} at most); update Microsoft.ML.StateSpace.");
        context.CheckAtModel(Version);
        return DeepMarkovTransformer.Read(env, new ModelStreamReader(context));
    }
}
