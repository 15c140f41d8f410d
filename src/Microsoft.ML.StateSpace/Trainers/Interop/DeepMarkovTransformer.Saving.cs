using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.ML.Runtime;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;
using Microsoft.ML.StateSpace.Scoring;
using Microsoft.ML.StateSpace.Trainers.Interop;
using Microsoft.ML.StateSpace.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Trainers;

// The transformer in a model file: options, sizes and history as JSON, weights as safetensors; nothing in it can execute.
public sealed partial class DeepMarkovTransformer
{
    private const string OptionsStream = "options.json", SizesStream = "sizes.json", HistoryStream = "history.json", CalibrationStream = "calibration.json",
        WeightsStream = "weights.safetensors";

    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Converters = { new JsonStringEnumConverter() },
    };

    void ICanSaveModel.Save(ModelSaveContext ctx)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        DeepMarkovModelFile.Save(ctx, writer =>
        {
            writer.Write(OptionsStream, stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(OptionsJson.Write(Options))));
            writer.Write(SizesStream, stream => JsonSerializer.Serialize(stream, new Sizes(_parts.Data, _parts.ReadsMask, _parts.Scaling), s_json));
            writer.Write(HistoryStream, stream => JsonSerializer.Serialize(stream, History, s_json));
            if (Calibration is not null)
                writer.Write(CalibrationStream, stream => JsonSerializer.Serialize(stream, Calibration, s_json));
            writer.Write(WeightsStream, stream => SafeTensors.Write(stream, _networks.state_dict()));
        });
    }

    /// <summary>Reads what was saved; a model trained on a GPU comes to the CPU where there is none.</summary>
    /// <exception cref="InvalidDataException">A part of the model is missing or damaged; names it.</exception>
    internal static DeepMarkovTransformer Read(IHostEnvironment env, ModelStreamReader reader)
    {
        var options = reader.Read(OptionsStream, ReadOptions);
        var sizes = reader.Read(SizesStream, ReadSizes);
        var history = reader.Read(HistoryStream, ReadJson<TrainingHistory>);
        var calibration = reader.Has(CalibrationStream) ? reader.Read(CalibrationStream, ReadCalibration) : null;
        var parts = new ModelParts(options.Generative, options.Inference, options.FilteringProposal, sizes.Data, sizes.ReadsMask)
        {
            Bound = options.Bound,
            Scaling = sizes.Scaling,
        };
        var networks = reader.Read(WeightsStream, stream => ReadWeights(stream, parts));
        try
        {
            var device = DeviceOf(env, options.Device);
            networks.to(device);
            return new DeepMarkovTransformer(env, options, parts, networks, history, device, calibration);
        }
        catch
        {
            networks.Dispose();
            throw;
        }
    }

    // The options may be anybody's: they get no more memory than the weights they come with.
    private static StateSpaceNetworks ReadWeights(Stream stream, ModelParts parts)
    {
        var networks = parts.Create(Initializer.ForWeightsOf(stream.Length / sizeof(float)));
        try
        {
            SafeTensors.ReadInto(stream, networks.state_dict());
            return networks;
        }
        catch
        {
            networks.Dispose();
            throw;
        }
    }

    // The options' device is where the model was trained; where it is used, it is only a wish.
    private static Device DeviceOf(IHostEnvironment env, string? trainedOn)
    {
        string? wish = trainedOn is null or "cpu" ? trainedOn : "auto";
        int? gpu = (env as IHostEnvironmentInternal)?.GpuDeviceId;
        return DeviceChoice.Resolve(wish, gpu, fallbackToCpu: true);
    }

    private static DeepMarkovTrainer.Options ReadOptions(Stream stream)
    {
        using var text = new StreamReader(stream, System.Text.Encoding.UTF8);
        try
        {
            return OptionsJson.Read(text.ReadToEnd());
        }
        catch (OptionsException e)
        {
            throw new InvalidDataException($"The model's '{OptionsStream}' cannot be used: {e.Message}", e);
        }
    }

    private static AnomalyCalibration ReadCalibration(Stream stream) => ReadJson<AnomalyCalibration>(stream) is { Raw: not null, Calibrated: not null, IsValid: true } valid ? valid
        : throw new InvalidDataException($"The model is damaged: its '{CalibrationStream}' is no rising map of probabilities.");

    private static Sizes ReadSizes(Stream stream)
    {
        var sizes = ReadJson<Sizes>(stream);
        if (sizes.Data is null || sizes.Data.StaticSize < 0 || sizes.Data.StaticSize > sizes.Data.ControlSize)
            throw new InvalidDataException($"The model's '{SizesStream}' holds no sizes of the data.");
        return sizes.Scaling?.FaultFor(sizes.Data.ObservationSize, sizes.Data.ControlSize) is { } fault
            ? throw new InvalidDataException($"The model's '{SizesStream}' cannot be used: {fault}.")
            : sizes;
    }

    private static T ReadJson<T>(Stream stream) where T : class
    {
        try
        {
            return JsonSerializer.Deserialize<T>(stream, s_json) ?? throw new InvalidDataException("The model is damaged: a part is empty.");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"The model is damaged: {e.Message}", e);
        }
    }

    private sealed record Sizes(DataShape Data, bool ReadsMask, SequenceScaling? Scaling = null);
}
