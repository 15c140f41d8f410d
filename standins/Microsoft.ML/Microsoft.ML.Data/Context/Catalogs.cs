using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Microsoft.ML.Transforms;

namespace Microsoft.ML.Data
{
    /// <summary>A catalog: extension methods find the environment through it.</summary>
    internal interface IInternalCatalog
    {
        IHostEnvironment Environment { get; }
    }

    internal static class CatalogUtils
    {
        public static IHostEnvironment GetEnvironment(this IInternalCatalog catalog)
        {
            Contracts.CheckValue(catalog, nameof(catalog));
            return catalog.Environment;
        }
    }
}

namespace Microsoft.ML
{
    /// <summary>The transforms; extension methods fill it.</summary>
    public sealed class TransformsCatalog : IInternalCatalog
    {
        private readonly IHostEnvironment _env;

        internal TransformsCatalog(IHostEnvironment env) => _env = env;

        IHostEnvironment IInternalCatalog.Environment => _env;
    }

    /// <summary>Transforms that rearrange columns.</summary>
    public static class TransformExtensionsCatalog
    {
        public static ColumnCopyingEstimator CopyColumns(this TransformsCatalog catalog, string outputColumnName, string inputColumnName) =>
            new(catalog.GetEnvironment(), outputColumnName, inputColumnName);

        public static ColumnConcatenatingEstimator Concatenate(this TransformsCatalog catalog, string outputColumnName, params string[] inputColumnNames) =>
            new(catalog.GetEnvironment(), outputColumnName, inputColumnNames);

        public static ColumnSelectingEstimator DropColumns(this TransformsCatalog catalog, params string[] columnNames) =>
            new(catalog.GetEnvironment(), null, columnNames);

        public static ColumnSelectingEstimator SelectColumns(this TransformsCatalog catalog, string[] columnNames, bool keepHidden) =>
            new(catalog.GetEnvironment(), columnNames, null, keepHidden);

        public static ColumnSelectingEstimator SelectColumns(this TransformsCatalog catalog, params string[] columnNames) =>
            catalog.SelectColumns(columnNames, false);
    }
}
