@echo off
rem Builds, tests and shows Microsoft.ML.StateSpace on Windows, with the public packages.
rem   build.cmd [build | test [--all] | demo [--data DIR] | bench | pack | clean]
setlocal
cd /d "%~dp0"
set DependencySet=nuget
set DOTNET_NOLOGO=1
set verb=%1
if "%verb%"=="" set verb=build
set artifacts=%~dp0artifacts
if "%verb%"=="clean" ( if exist "%artifacts%" rmdir /s /q "%artifacts%" & exit /b 0 )
if "%verb%"=="pack" ( dotnet pack src\Microsoft.ML.StateSpace\Microsoft.ML.StateSpace.csproj -c Release --nologo -v q -o "%artifacts%\package" & exit /b %errorlevel% )
dotnet build StateSpace.sln -c Release --nologo -v q || exit /b 1
> "%artifacts%\statespace.cmd" echo @dotnet "%%~dp0bin\Microsoft.ML.StateSpace.Tool\release\statespace.dll" %%*
if "%verb%"=="build" exit /b 0
if "%verb%"=="test" (
  if "%2"=="--all" (
    dotnet "%artifacts%\bin\Microsoft.ML.StateSpace.Tests\release\Microsoft.ML.StateSpace.Tests.dll"
  ) else (
    dotnet "%artifacts%\bin\Microsoft.ML.StateSpace.Tests\release\Microsoft.ML.StateSpace.Tests.dll" --filter "TestCategory!=Long"
  )
  exit /b %errorlevel%
)
if "%verb%"=="demo" ( dotnet "%artifacts%\bin\Demo\release\Demo.dll" --statespace "%artifacts%\statespace.cmd" --output "%artifacts%\demo" %2 %3 & exit /b %errorlevel% )
if "%verb%"=="bench" ( dotnet "%artifacts%\bin\Microsoft.ML.StateSpace.Benchmarks\release\Microsoft.ML.StateSpace.Benchmarks.dll" %2 %3 %4 %5 & exit /b %errorlevel% )
echo usage: build.cmd [build ^| test [--all] ^| demo [--data DIR] ^| bench ^| pack ^| clean]
exit /b 2
