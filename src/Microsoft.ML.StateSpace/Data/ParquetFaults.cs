namespace Microsoft.ML.StateSpace.Data;

/// <summary>Turns whatever a damaged or foreign file makes the Parquet package throw into a <see cref="DataFileException"/>.</summary>
internal static class ParquetFaults
{
    /// <summary>Waits for a call of the package, and names the file when it fails.</summary>
    public static T Run<T>(string file, string? column, Func<Task<T>> call)
    {
        try
        {
            return Wait(call);
        }
        catch (FileNotFoundException e)
        {
            throw new DataFileException(file, "the file does not exist; check the path", inner: e);
        }
        catch (DirectoryNotFoundException e)
        {
            throw new DataFileException(file, "its folder does not exist; check the path", inner: e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new DataFileException(file, "it may not be read; check its permissions, and that it is a file", inner: e);
        }
        catch (Exception e) when (e is NotSupportedException or NotImplementedException)
        {
            string fault = $"it uses a part of the format that is not supported ({e.Message}); write it again with default settings";
            throw new DataFileException(file, fault, column: column, inner: e);
        }

        // The package and its codecs answer damaged bytes with exceptions of many kinds: index, argument, their own, memory.
        catch (Exception e) when (e is not (OperationCanceledException or DataFileException))
        {
            string fault = $"it cannot be read as Parquet ({e.Message}); it is another kind of file, truncated or corrupt: write it again";
            throw new DataFileException(file, fault, column: column, inner: e);
        }
    }

    // A caller's synchronization context must not be waited for by the thread that it needs.
    private static T Wait<T>(Func<Task<T>> call)
    {
        Task<T> task = SynchronizationContext.Current is null ? call() : Task.Run(call);
        return task.GetAwaiter().GetResult();
    }
}
