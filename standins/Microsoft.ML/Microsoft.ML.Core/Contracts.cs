using System.Globalization;

namespace Microsoft.ML.Runtime;

/// <summary>Says where an exception came from.</summary>
public interface IExceptionContext
{
    string ContextDescription { get; }

    TException Process<TException>(TException ex) where TException : Exception;
}

/// <summary>Makes ML.NET's exceptions, marked as its own, and checks arguments and states.</summary>
internal static partial class Contracts
{
    public const string IsMarkedKey = "ML_IsMarked";
    public const string SensitivityKey = "ML_Sensitivity";

    public static TException Process<TException>(this TException ex, IExceptionContext ectx = null) where TException : Exception =>
        ectx is null ? Mark(ex) : ectx.Process(ex);

    public static TException Mark<TException>(TException ex) where TException : Exception
    {
        ex.Data[IsMarkedKey] = 1;
        return ex;
    }

    public static bool IsMarked(this Exception ex) => ex.Data.Contains(IsMarkedKey);

    // An invalid state or call.
    public static Exception Except() => new InvalidOperationException().Process();
    public static Exception Except(this IExceptionContext ctx) => new InvalidOperationException().Process(ctx);
    public static Exception Except(string msg) => new InvalidOperationException(msg).Process();
    public static Exception Except(this IExceptionContext ctx, string msg) => new InvalidOperationException(msg).Process(ctx);
    public static Exception Except(string msg, params object[] args) => new InvalidOperationException(Format(msg, args)).Process();
    public static Exception Except(this IExceptionContext ctx, string msg, params object[] args) => new InvalidOperationException(Format(msg, args)).Process(ctx);
    public static Exception Except(Exception inner, string msg) => new InvalidOperationException(msg, inner).Process();
    public static Exception Except(this IExceptionContext ctx, Exception inner, string msg) => new InvalidOperationException(msg, inner).Process(ctx);

    // A wrong argument.
    public static Exception ExceptUserArg(string name, string msg) => new ArgumentOutOfRangeException(name, msg).Process();
    public static Exception ExceptUserArg(this IExceptionContext ctx, string name) => new ArgumentOutOfRangeException(name).Process(ctx);
    public static Exception ExceptUserArg(this IExceptionContext ctx, string name, string msg) => new ArgumentOutOfRangeException(name, msg).Process(ctx);
    public static Exception ExceptParam(string paramName) => new ArgumentOutOfRangeException(paramName).Process();
    public static Exception ExceptParam(this IExceptionContext ctx, string paramName) => new ArgumentOutOfRangeException(paramName).Process(ctx);
    public static Exception ExceptParam(string paramName, string msg) => new ArgumentOutOfRangeException(paramName, msg).Process();
    public static Exception ExceptParam(this IExceptionContext ctx, string paramName, string msg) => new ArgumentOutOfRangeException(paramName, msg).Process(ctx);
    public static Exception ExceptParam(string paramName, string msg, params object[] args) => new ArgumentOutOfRangeException(paramName, Format(msg, args)).Process();
    public static Exception ExceptParam(this IExceptionContext ctx, string paramName, string msg, params object[] args) => new ArgumentOutOfRangeException(paramName, Format(msg, args)).Process(ctx);
    public static Exception ExceptValue(string paramName) => new ArgumentNullException(paramName).Process();
    public static Exception ExceptValue(this IExceptionContext ctx, string paramName) => new ArgumentNullException(paramName).Process(ctx);
    public static Exception ExceptEmpty(string paramName) => ExceptParam(paramName, $"{paramName} cannot be null or empty");
    public static Exception ExceptEmpty(this IExceptionContext ctx, string paramName) => ExceptParam(ctx, paramName, $"{paramName} cannot be null or empty");
    public static Exception ExceptEmpty(string paramName, string msg) => ExceptParam(paramName, msg);
    public static Exception ExceptWhiteSpace(string paramName) => ExceptParam(paramName, $"{paramName} cannot be null or white space");
    public static Exception ExceptNotSupp(string msg) => new NotSupportedException(msg).Process();
    public static Exception ExceptNotSupp(this IExceptionContext ctx, string msg) => new NotSupportedException(msg).Process(ctx);

    // A column that is missing or of another type.
    public static Exception ExceptSchemaMismatch(string paramName, string columnRole, string columnName) => ExceptSchemaMismatch(null, paramName, columnRole, columnName);
    public static Exception ExceptSchemaMismatch(this IExceptionContext ctx, string paramName, string columnRole, string columnName) =>
        ExceptParam(ctx, paramName, $"Could not find {columnRole} column '{columnName}'");
    public static Exception ExceptSchemaMismatch(string paramName, string columnRole, string columnName, string expectedType, string actualType) =>
        ExceptSchemaMismatch(null, paramName, columnRole, columnName, expectedType, actualType);
    public static Exception ExceptSchemaMismatch(this IExceptionContext ctx, string paramName, string columnRole, string columnName, string expectedType, string actualType) =>
        ExceptParam(ctx, paramName, $"Schema mismatch for {columnRole} column '{columnName}': expected {expectedType}, got {actualType}");

    // A file that cannot be understood, or read.
    public static Exception ExceptDecode() => new FormatException().Process();
    public static Exception ExceptDecode(this IExceptionContext ctx) => new FormatException().Process(ctx);
    public static Exception ExceptDecode(string msg) => new FormatException(msg).Process();
    public static Exception ExceptDecode(this IExceptionContext ctx, string msg) => new FormatException(msg).Process(ctx);
    public static Exception ExceptDecode(string msg, params object[] args) => new FormatException(Format(msg, args)).Process();
    public static Exception ExceptDecode(this IExceptionContext ctx, string msg, params object[] args) => new FormatException(Format(msg, args)).Process(ctx);
    public static Exception ExceptDecode(this IExceptionContext ctx, Exception inner, string msg) => new FormatException(msg, inner).Process(ctx);
    public static Exception ExceptIO(Exception inner, string msg, params object[] args) => new IOException(Format(msg, args), inner).Process();

    private static string Format(string msg, object[] args) => string.Format(CultureInfo.InvariantCulture, msg, args);
}
