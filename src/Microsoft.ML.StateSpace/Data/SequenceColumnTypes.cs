using Microsoft.ML.Data;

namespace Microsoft.ML.StateSpace.Data;

/// <summary>The types that sequence columns may have, for a schema and for the shape of one.</summary>
internal static class SequenceColumnTypes
{
    /// <summary>What observations must be, for messages.</summary>
    public const string Observations = "a vector of Single or Double";

    /// <summary>What a mask must be, for messages.</summary>
    public const string Mask = "a vector of Boolean, Single, Double or Int32";

    /// <summary>What a sequence id must be, for messages.</summary>
    public const string Id = "Text, Int32 or Int64";

    /// <summary>What static covariates must be, for messages.</summary>
    public const string Static = "a number, or a vector, of Single, Double, Int32, Int64 or Boolean";

    public static bool IsObservations(bool isVector, DataViewType item) => isVector && IsReal(item);

    public static bool IsMask(bool isVector, DataViewType item) =>
        isVector && (IsReal(item) || item is BooleanDataViewType || item.Equals(NumberDataViewType.Int32));

    public static bool IsId(bool isVector, DataViewType item) => !isVector
        && (item is TextDataViewType || item.Equals(NumberDataViewType.Int32) || item.Equals(NumberDataViewType.Int64));

    public static bool IsStatic(bool isVector, DataViewType item) => IsReal(item) || item is BooleanDataViewType
        || item.Equals(NumberDataViewType.Int32) || item.Equals(NumberDataViewType.Int64);

    private static bool IsReal(DataViewType type) => type.Equals(NumberDataViewType.Single) || type.Equals(NumberDataViewType.Double);
}
