using System.Text.Json;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Trainers.Interop;

// By this the model, which names this assembly and the signature, finds its loader without any registration call.
[assembly: LoadableClass("Parquet loader of sequences", typeof(ParquetLoader), null, typeof(SignatureLoadModel), "Parquet loader", ParquetLoader.LoaderSignature)]

namespace Microsoft.ML.StateSpace.Data;

// The loader in a model file: options and schema as JSON.
public sealed partial class ParquetLoader
{
    /// <summary>At most 24 characters.</summary>
    internal const string LoaderSignature = "SequenceParquetLoader";

    private const uint Written = 0x00010001;
    private const string OptionsStream = "options.json", SchemaStream = "schema.json";

    private static readonly Dictionary<string, PrimitiveDataViewType> s_types = new PrimitiveDataViewType[]
    {
        NumberDataViewType.Single, NumberDataViewType.Double, NumberDataViewType.SByte, NumberDataViewType.Byte, NumberDataViewType.Int16, NumberDataViewType.UInt16,
        NumberDataViewType.Int32, NumberDataViewType.UInt32, NumberDataViewType.Int64, NumberDataViewType.UInt64, BooleanDataViewType.Instance,
        DateTimeDataViewType.Instance, TextDataViewType.Instance,
    }.ToDictionary(NameOf);

    private static VersionInfo Version => new(
        modelSignature: "PQT SSM ",
        verWrittenCur: Written,
        verReadableCur: Written,
        verWeCanReadBack: Written,
        loaderAssemblyName: typeof(ParquetLoader).Assembly.FullName,
        loaderSignature: LoaderSignature);

    void ICanSaveModel.Save(ModelSaveContext ctx)
    {
        ArgumentNullException.ThrowIfNull(ctx);
        ctx.CheckAtModel();
        ctx.SetVersionInfo(Version);
        var writer = new ModelStreamWriter(ctx);
        writer.Write(OptionsStream, stream => JsonSerializer.Serialize(stream, Options));
        writer.Write(SchemaStream, stream => JsonSerializer.Serialize(stream, _schema.Select(SavedColumn.Of).ToArray()));
        writer.Finish();
    }

    // ML.NET finds this method by its name and parameters.
    private static ParquetLoader Create(IHostEnvironment env, ModelLoadContext context)
    {
        context.CheckAtModel(Version);
        var reader = new ModelStreamReader(context);
        var options = reader.Read(OptionsStream, Read<ParquetLoadOptions>);
        var schema = new DataViewSchema.Builder();
        foreach (SavedColumn column in reader.Read(SchemaStream, Read<SavedColumn[]>))
        {
            schema.AddColumn(column.Name, column.ToType());
        }

        return new ParquetLoader(env, options, schema.ToSchema());
    }

    private static string NameOf(DataViewType item) => item is TextDataViewType ? "Text" : item.RawType.Name;

    private static T Read<T>(Stream stream) where T : class
    {
        try
        {
            return JsonSerializer.Deserialize<T>(stream) ?? throw new InvalidDataException("The loader is damaged: a part is empty.");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"The loader is damaged: {e.Message}", e);
        }
    }

    /// <summary>A column of the schema; the dimensions of a vector, null where it is a value.</summary>
    private sealed record SavedColumn(string Name, string Type, int[]? Dimensions)
    {
        public static SavedColumn Of(DataViewSchema.Column column) => column.Type is VectorDataViewType vector
            ? new SavedColumn(column.Name, NameOf(vector.ItemType), [.. vector.Dimensions])
            : new SavedColumn(column.Name, NameOf(column.Type), null);

        public DataViewType ToType()
        {
            if (string.IsNullOrEmpty(Name) || !s_types.TryGetValue(Type ?? "", out PrimitiveDataViewType? item) || Dimensions?.Any(size => size < 0) == true)
            {
                throw new InvalidDataException($"The loader is damaged: column '{Name}' has type '{Type}'.");
            }

            return Dimensions is null ? item : Dimensions.Length == 0 ? new VectorDataViewType(item) : new VectorDataViewType(item, Dimensions);
        }
    }
}
