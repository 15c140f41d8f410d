namespace Microsoft.ML.CommandLine;

/// <summary>How often an argument may be given.</summary>
/// <remarks>For its namespace only: below Microsoft.ML the name CommandLine means that namespace in the package too.</remarks>
[Flags]
internal enum ArgumentType
{
    Required = 1,
    Unique = 2,
    Multiple = 4,
}
